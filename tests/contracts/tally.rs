//! The tally's contract: one suite that every implementation passes on a real store.

mod closing;
mod crowd;
mod expiry;
mod fixture;
mod loss;
mod marks;
mod own;
mod panels;
mod recording;
mod replicas;

/// Runs each story on each store.
macro_rules! stories {
    ($($file:ident { $($story:ident)* })*) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    crate::tally::$file::$story(&mut crate::tally::fixture::SqliteFixture::start().await).await;
                }
            )*)*
        }

        mod redis {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    crate::tally::$file::$story(&mut crate::tally::fixture::RedisFixture::start().await).await;
                }
            )*)*
        }

        /// Sequential, as a cluster takes seconds to start.
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn a_redis_cluster_keeps_the_contract() {
            let mut fixture = crate::tally::fixture::ClusterFixture::start().await;
            $($(
                println!(stringify!($story));
                crate::tally::$file::$story(&mut fixture).await;
            )*)*
        }
    };
}

stories! {
    recording {
        a_ballot_counts_once
        a_batch_may_hold_a_juror_twice
        a_batch_may_be_repeated
        changes_are_numbered
        one_batch_may_hold_several_changes_of_a_juror
        an_unknown_option_changes_nothing
        an_empty_batch_reads_the_state
        the_largest_batch_is_recorded
        ballots_of_jurors_follow_the_requested_order
        acknowledged_ballots_survive_a_crash
        random_batches_match_the_model
    }
    marks {
        marks_are_recorded_with_the_ballot
        a_repeat_keeps_the_marks_and_a_change_replaces_them
        ballots_of_an_earlier_version_go_on_without_marks
        ballots_of_an_earlier_version_survive_a_loss_of_the_case
    }
    panels {
        the_lowest_tickets_of_all_nodes_are_drawn
        a_draw_is_final
        a_juror_of_two_sides_stays_in_the_first_list
        a_lost_case_is_not_drawn
    }
    closing {
        the_deadline_follows_the_stores_clock
        a_deadline_seal_waits_for_the_deadline
        the_first_seal_is_final
        a_seal_after_the_deadline_is_recorded_as_the_deadline
        a_seal_trusts_the_stores_clock_within_bounds_only
        repeats_are_answered_after_the_seal
        an_extension_is_applied_once
        the_store_knows_who_moved_the_deadline
        a_seal_can_depend_on_the_deadline_that_was_seen
        a_closed_case_is_not_extended
        ballots_are_readable_after_the_seal_only
        a_released_case_answers_late_repeats
    }
    loss {
        an_unknown_case_is_lost
        every_call_reports_a_lost_case
        missing_ballots_are_a_loss
        ballots_carry_the_epoch_they_belong_to
        a_rev_that_went_back_is_a_loss
        epochs_only_grow
        surviving_ballots_are_kept_by_a_restore
        an_existing_case_is_not_restored_again
        an_abandoned_opening_is_taken_over
        a_delayed_opening_undoes_nothing
        a_later_draft_replaces_an_earlier_one_only
        concurrent_restores_have_one_result
        a_store_has_one_id
        an_epoch_of_another_store_is_lost
    }
    expiry {
        no_key_lives_without_an_expiry
        a_sealed_case_stays_while_it_is_polled
        an_erased_case_leaves_nothing
    }
    crowd {
        concurrent_casts_add_up
        a_seal_separates_concurrent_casts
    }
}
