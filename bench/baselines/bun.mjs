/* Live Jury's conversation over Bun.serve, by its publish and subscribe; it holds one room's case and nothing else. */
import { bearer, cast, docket, frame, port, sendTallies, welcome } from "./jury.mjs";

const ROOM = "jury";
const server = Bun.serve({
  port,
  hostname: "127.0.0.1",
  fetch(request, server) {
    const room = request.url.split("/")[6];
    const headers = { "Sec-WebSocket-Protocol": "jury.v1.json" };
    if (!server.upgrade(request, { headers, data: { room, juror: null } })) return new Response(null, { status: 426 });
  },
  websocket: {
    perMessageDeflate: false,
    maxPayloadLength: 4096,
    idleTimeout: 90,
    sendPings: true,
    message(socket, data) {
      const message = JSON.parse(data);
      const state = socket.data;
      if (message.type === "cast" && state.juror) {
        cast(state.juror.sub, message, (type, fields) => socket.send(frame(type, fields)));
      } else if (message.type === "join" && !state.juror) {
        const juror = bearer(message.token);
        if (!juror) return socket.close(4501);
        if (juror.room !== state.room) return socket.close(4503);
        state.juror = juror;
        socket.send(frame("welcome", welcome(juror)));
        socket.send(frame("docket", docket));
        socket.subscribe(ROOM);
      } else socket.close(4509);
    },
  },
});
sendTallies((tally) => server.publish(ROOM, frame("tally", tally)));
console.log("listening");
