//! Lua scripts and their calls: by hash where the host has the script, else in full.

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

    /// Starts a call on these keys. In a cluster they must share a hash tag.
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

    /// The key that tells a cluster where to send the call.
    pub(super) fn key(&self) -> &str {
        self.keys.first().map_or("", String::as_str)
    }

    /// Sends the call. A script that the host lacks goes with the call and is not loaded before it. A changing cluster
    /// may pass the call on to another host, which would lack the loaded script.
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
