//! A script and a call of it, by its hash where the host knows it, in full where it does not; it knows no script.

use redis::aio::ConnectionLike;
use redis::{Cmd, ErrorKind, FromRedisValue, RedisResult, ServerErrorKind, ToRedisArgs, cmd};

/// A Lua script.
pub(crate) struct Script {
    code: &'static str,
    hash: String,
}

impl Script {
    pub fn new(code: &'static str) -> Self {
        Self { code, hash: redis::Script::new(code).get_hash().to_owned() }
    }

    /// A call on these keys. In a cluster they share a hash tag.
    pub fn on<const N: usize>(&self, keys: [String; N]) -> Call<'_> {
        Call { script: self, keys: keys.into(), arguments: Vec::new() }
    }
}

/// A call of a script.
pub(crate) struct Call<'a> {
    script: &'a Script,
    keys: Vec<String>,
    arguments: Vec<Vec<u8>>,
}

impl Call<'_> {
    pub fn arg(&mut self, argument: impl ToRedisArgs) -> &mut Self {
        argument.write_redis_args(&mut self.arguments);
        self
    }

    /// By which a cluster knows where the call goes.
    pub(super) fn key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    /// The script itself is sent with the call, and not loaded beforehand: in a cluster that changes, the call may be passed
    /// on to another host than the one that would have loaded it.
    pub(super) async fn send<T: FromRedisValue>(&self, link: &mut impl ConnectionLike) -> RedisResult<T> {
        let known = self.command("EVALSHA", &self.script.hash).query_async(link).await;
        match known {
            Err(error) if error.kind() == ErrorKind::Server(ServerErrorKind::NoScript) => {
                self.command("EVAL", self.script.code).query_async(link).await
            }
            answer => answer,
        }
    }

    fn command(&self, name: &str, script: &str) -> Cmd {
        let mut command = cmd(name);
        command.arg(script).arg(self.keys.len()).arg(&self.keys).arg(&self.arguments);
        command
    }
}
