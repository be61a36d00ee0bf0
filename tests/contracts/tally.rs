//! The contract of the tally seam: one suite that every implementation passes, on real stores.

#[path = "tally/closing.rs"]
mod closing;
#[path = "tally/crowd.rs"]
mod crowd;
#[path = "tally/expiry.rs"]
mod expiry;
#[path = "tally/lab.rs"]
mod lab;
#[path = "tally/loss.rs"]
mod loss;
#[path = "tally/own.rs"]
mod own;
#[path = "tally/recording.rs"]
mod recording;
#[path = "tally/replicas.rs"]
mod replicas;

/// Each story, told on each store.
macro_rules! stories {
    ($($file:ident { $($story:ident)* })*) => {
        mod sqlite {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    crate::$file::$story(&mut crate::lab::SqliteLab::start().await).await;
                }
            )*)*
        }

        mod redis {
            $($(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    crate::$file::$story(&mut crate::lab::RedisLab::start().await).await;
                }
            )*)*
        }

        /// One after another, as a cluster takes seconds to stand.
        #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
        async fn a_redis_cluster_keeps_the_contract() {
            let mut lab = crate::lab::ClusterLab::start().await;
            $($(
                println!(stringify!($story));
                crate::$file::$story(&mut lab).await;
            )*)*
        }
    };
}

stories! {
    recording {
        a_ballot_counts_once
        a_juror_may_stand_twice_in_a_batch
        a_batch_may_be_repeated
        changes_are_numbered
        one_batch_may_hold_several_changes_of_a_juror
        an_option_that_the_case_has_not_changes_nothing
        an_empty_batch_is_a_look
        the_largest_batch_is_taken
        ballots_of_jurors_come_in_their_order
        what_was_answered_survives_a_crash
        batches_by_chance_follow_the_rule
    }
    closing {
        the_deadline_passes_by_the_stores_clock
        the_deadline_seals_only_once_it_has_passed
        the_first_seal_stands
        a_moderator_who_comes_after_the_deadline_is_the_deadline
        repeats_are_answered_after_the_seal
        an_extension_is_made_once
        a_closed_case_is_not_extended
        ballots_are_told_once_they_are_final
        a_released_case_answers_late_repeats
    }
    loss {
        a_case_that_never_stood_is_lost
        a_lost_case_is_lost_to_every_call_and_stays_so
        ballots_that_vanish_are_missed
        ballots_come_with_the_epoch_they_are_of
        a_rev_below_one_seen_is_a_loss
        epochs_only_grow
        what_is_found_is_kept
        a_case_that_stands_is_not_restored_again
        an_opening_given_up_half_way_is_taken_over
        an_opening_that_comes_late_undoes_nothing
        a_later_draft_takes_over_and_yields_to_none_before
        restores_at_once_have_one_result
    }
    expiry {
        no_key_lives_without_an_expiry
        a_sealed_case_stays_while_it_is_polled
    }
    crowd {
        many_who_cast_at_once_add_up
        a_seal_in_a_crowd_is_a_line
    }
}
