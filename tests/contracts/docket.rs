//! The docket's contract: one suite that every implementation passes on a real database.

mod added;
mod appeals;
pub mod builders;
mod checks;
mod concluded;
mod damaged;
mod erased;
mod filed;
mod fitness;
mod fixture;
mod jurors;
mod ledger;
mod listed;
mod log;
mod nodes;
mod outbox;
mod panels;
mod policies;
mod revocations;
mod role;
mod targets;

/// Runs each story on each docket.
macro_rules! stories {
    ($($file:ident { $($story:ident)* })*) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    crate::docket::$file::$story(crate::docket::fixture::DocketFixture::sqlite().await).await;
                }
            )*)*
        }

        mod postgres {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    crate::docket::$file::$story(crate::docket::fixture::DocketFixture::postgres().await).await;
                }
            )*)*
        }

        mod postgres_under_a_servers_role {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    let fixture = crate::docket::fixture::DocketFixture::postgres_under_a_servers_role().await;
                    crate::docket::$file::$story(fixture).await;
                }
            )*)*
        }
    };
}

stories! {
    added {
        a_new_case_is_read_back_unchanged
        a_case_with_a_further_rule_has_format_two
        a_case_with_a_consequence_has_format_four
        the_same_id_is_not_added_twice
        a_repeated_request_creates_one_case
        an_idempotency_key_belongs_to_one_request
        concurrent_repeats_of_a_request_create_one_case
        an_idempotency_key_expires_after_a_day
        the_number_of_drafts_in_a_room_is_limited
        a_discarded_draft_is_gone_but_for_its_trail
        a_room_holds_at_most_eight_live_cases
        concurrent_openings_do_not_exceed_the_live_case_limit
        unusual_text_is_stored_unchanged_and_nul_is_refused
        a_number_above_the_column_limit_is_refused
    }
    filed {
        every_state_is_read_back_unchanged
        only_the_next_version_is_filed
        one_of_two_concurrent_writers_wins
        concurrent_writes_to_many_rooms_complete
        the_rev_grows_with_public_changes_only
        a_draft_opens_only_below_the_live_case_limit
        cases_that_wait_for_a_tally_leave_room_for_others
        the_audit_trail_is_ordered_and_append_only
        an_older_audit_line_has_a_kind_of_actor
        filed_records_survive_a_restart
    }
    checks {
        a_juror_has_one_objection_in_each_case
        nodes_add_up_the_proofs_that_they_have_served
        every_kind_of_objection_is_read_back
        a_newer_kind_of_objection_hides_no_other
    }
    concluded {
        ballots_are_read_back_equal_and_sorted
        a_duplicate_juror_rolls_the_filing_back
        ballots_of_a_recorded_case_are_not_deleted
        a_filing_that_fails_keeps_the_ranges_before
        rows_that_do_not_add_up_are_filed_again
        a_void_for_loss_deletes_what_was_filed
        ballots_are_filed_with_a_verdict_only
        two_nodes_record_a_case_once
        verdict_positions_follow_the_commit_order
        a_hundred_thousand_ballots_are_recorded
    }
    listed {
        a_room_shows_live_cases_and_the_last_ten_ended
        a_room_is_read_in_one_snapshot
        an_unknown_room_is_empty
        revs_cover_live_and_requested_rooms
        cases_are_paged_newest_first
        verdicts_are_paged_in_both_directions
        the_docket_answers_a_ping
        an_incarnation_begins_once
    }
    ledger {
        the_ledger_adds_up_what_other_nodes_filed
        only_running_nodes_are_awaited
        ledger_rows_go_a_day_after_the_record
        a_note_is_added_after_the_record
    }
    nodes {
        the_first_node_names_the_current_store
        nodes_that_start_together_name_one_store
        a_store_is_taken_over_once_no_node_runs_on_it
        a_dead_node_holds_its_store_for_ten_seconds
        one_of_two_takeovers_wins
    }
    log {
        each_record_is_one_entry_of_the_log
        nodes_append_to_one_log
        a_full_tile_is_filed_once
        a_record_is_about_the_audit_lines_before_it
        a_note_of_a_smaller_size_replaces_none
        a_log_has_one_key
        signatures_of_witnesses_are_added_and_not_lost
        seals_that_were_left_behind_are_replaced
    }
    erased {
        an_erased_case_keeps_its_entry_in_the_log_alone
        a_case_under_appeal_is_not_erased
        only_a_recorded_case_is_erased
        what_is_recorded_is_deleted_by_an_erasure_alone
    }
    outbox {
        each_step_files_one_outbox_row_with_it
        a_failed_filing_files_no_outbox_row
        outbox_rows_follow_the_order_of_commits
        old_outbox_rows_are_deleted
        a_damaged_outbox_row_hides_no_other
    }
    panels {
        a_call_files_the_case_and_its_panel
        one_of_two_calls_is_filed
        an_older_program_leaves_a_case_with_a_panel_alone
    }
    policies {
        a_rooms_own_policy_comes_before_that_of_all_rooms
        the_history_of_policies_is_paged_and_append_only
        the_terms_of_a_case_are_read_back_unchanged
        recorded_cases_on_a_subject_are_counted
    }
    revocations {
        revocations_are_followed_in_the_order_of_commits
        a_revocation_is_kept_for_31_days
    }
    appeals {
        a_verdict_is_appealed_once
        those_who_took_part_are_told
    }
    jurors {
        the_items_of_practice_keep_their_places
        an_item_is_answered_once
        practice_is_passed_once
        an_item_that_passed_jurors_get_wrong_counts_no_more
        the_panel_of_a_case_is_counted_once
        recorded_cases_wait_for_their_count
        a_forgotten_juror_begins_anew
    }
    damaged {
        a_damaged_case_is_reported_with_its_column
        one_damaged_case_hides_no_other
        a_record_under_other_limits_is_read
        a_damaged_ballot_is_reported_with_its_column
        a_damaged_room_hides_no_other
    }
    targets {
        one_node_at_a_time_serves_a_target
        a_new_target_begins_after_the_last_event
        deliveries_of_a_party_keep_their_order
        a_replayed_target_begins_again
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_docket_works_again_after_an_outage() {
    damaged::the_docket_works_again_after_an_outage().await;
}
