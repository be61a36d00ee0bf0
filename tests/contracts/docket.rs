//! The contract of the docket seam: one suite that every implementation passes, on real databases.
#![expect(clippy::unwrap_used, reason = "a story that cannot be told has failed")]

#[path = "docket/added.rs"]
mod added;
#[path = "docket/concluded.rs"]
mod concluded;
#[path = "docket/damaged.rs"]
mod damaged;
#[path = "docket/desk.rs"]
mod desk;
#[path = "docket/filed.rs"]
mod filed;
#[path = "docket/listed.rs"]
mod listed;
#[path = "docket/outbox.rs"]
mod outbox;
#[path = "docket/papers.rs"]
mod papers;

/// Each story, told on each docket.
macro_rules! stories {
    ($($file:ident { $($story:ident)* })*) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    crate::$file::$story(crate::desk::Desk::sqlite().await).await;
                }
            )*)*
        }

        mod postgres {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    crate::$file::$story(crate::desk::Desk::postgres().await).await;
                }
            )*)*
        }
    };
}

stories! {
    added {
        a_new_case_is_read_as_it_was_filed
        the_same_id_is_not_added_twice
        a_request_is_carried_out_once
        a_key_is_for_one_request
        requests_at_once_are_carried_out_once
        a_request_is_forgotten_after_a_day
        a_room_has_so_many_drafts_at_most
        a_discarded_draft_is_gone_but_for_its_trail
        a_room_has_eight_live_cases_at_most
        a_room_is_not_overfilled_by_many_at_once
        odd_text_is_kept_and_a_nul_is_refused
        a_number_beyond_the_columns_is_refused
    }
    filed {
        every_state_comes_back_as_it_was
        only_the_next_version_is_filed
        of_two_who_file_one_wins
        many_rooms_and_cases_are_filed_at_once
        the_rev_grows_with_what_the_public_sees
        a_draft_opens_only_where_there_is_room
        the_audit_trail_keeps_order_and_is_never_changed
        an_older_audit_line_has_a_kind_of_actor
        what_was_filed_is_there_after_a_restart
    }
    concluded {
        ballots_come_back_equal_and_in_order
        a_juror_twice_in_the_ballots_leaves_all_as_it_was
        a_failure_half_way_leaves_all_as_it_was
        ballots_come_with_a_verdict_only
        two_nodes_record_a_case_once
        places_follow_the_order_of_commits
        a_hundred_thousand_ballots_are_recorded
    }
    listed {
        a_room_shows_live_cases_and_the_last_ten_ended
        a_room_is_read_in_one_snapshot
        an_unknown_room_has_nothing
        revs_are_those_of_live_and_known_rooms
        cases_are_paged_newest_first
        verdicts_are_paged_both_ways
        the_docket_answers
    }
    outbox {
        each_step_files_one_outbox_row_with_it
        a_failed_filing_files_no_outbox_row
        outbox_rows_follow_the_order_of_commits
        old_outbox_rows_are_deleted
        a_damaged_outbox_row_hides_no_other
    }
    damaged {
        a_damaged_case_is_named_with_its_column
        one_damaged_case_hides_no_other
        a_record_under_other_limits_is_read
        a_damaged_ballot_is_named_with_its_column
        a_damaged_room_hides_no_other
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_docket_that_was_away_comes_back() {
    damaged::a_docket_that_was_away_comes_back().await;
}
