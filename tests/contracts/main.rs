//! The contracts of the server's seams on real stores, and the documents, compared with the code.

/// Runs each story on a `Fixture` of each dialect.
macro_rules! on_each_dialect {
    ($($story:ident)*) => {
        mod sqlite {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    super::$story(super::Fixture::sqlite().await).await;
                }
            )*
        }

        mod postgres {
            $(
                #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
                async fn $story() {
                    super::$story(super::Fixture::postgres().await).await;
                }
            )*
        }
    };
}

mod buckets;
mod claims;
mod databases;
mod docket;
mod documents;
mod editions;
mod forgotten;
mod identities;
mod listings;
mod migrations;
mod night;
mod peers;
mod standing;
mod tally;
mod trust;
