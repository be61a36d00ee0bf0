/* Live Jury's conversation over Node's `ws`, in one process; it holds one room's case and nothing else. */
import { createServer } from "node:http";
import { WebSocketServer } from "ws";
import { bearer, cast, docket, frame, port, sendTallies, welcome } from "./jury.mjs";

const joined = new Set();
const http = createServer();
const sockets = new WebSocketServer({
  server: http, perMessageDeflate: false, clientTracking: false, maxPayload: 4096,
  handleProtocols: (offered) => offered.has("jury.v1.json") && "jury.v1.json",
});

sockets.on("connection", (socket, request) => {
  const room = request.url.split("/")[4];
  let juror = null;
  socket.on("message", (data) => {
    const message = JSON.parse(data);
    if (message.type === "cast" && juror) {
      cast(juror.sub, message, (type, fields) => socket.send(frame(type, fields)));
    } else if (message.type === "join" && !juror) {
      juror = bearer(message.token);
      if (!juror) return socket.close(4501);
      if (juror.room !== room) return socket.close(4503);
      socket.send(frame("welcome", welcome(juror)));
      socket.send(frame("docket", docket));
      joined.add(socket);
    } else socket.close(4509);
  });
  socket.on("error", () => socket.terminate());
  socket.on("close", () => joined.delete(socket));
});

/* A tally is encoded once; `binary: false` sends the bytes as text. */
sendTallies((tally) => {
  const bytes = Buffer.from(frame("tally", tally));
  for (const socket of joined) socket.send(bytes, { binary: false });
});
setInterval(() => { for (const socket of joined) socket.ping(); }, 30_000);
http.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => console.log("listening"));
