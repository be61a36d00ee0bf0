/* Live Jury's conversation over Socket.IO with its Redis adapter; it holds one room's case and nothing else.

   The wire (Engine.IO 4 over WebSocket, all text frames) at /socket.io/?EIO=4&transport=websocket, for both baselines:
     server  0{"sid":"…","upgrades":[],"pingInterval":25000,"pingTimeout":20000,"maxPayload":4096}
     client  40                                        joins the namespace /
     server  40{"sid":"…"}
     client  42["join",{"token":"…"}]
     server  42["welcome",{"room":"…","role":"viewer",…}]   42["docket",{"rev":1,"cases":[]}]
     client  42["cast",{"case":"…","option":"buyer","request":"r1"}]
     server  42["ballot",{"case":"…","option":"buyer","status":"counted","epoch":1,"change":0,"request":"r1"}]
     server  42["tally",{"case":"…","epoch":1,"rev":1,"ballots":1}]
     server  2   every 25 s; the client must answer   3
   The event's name is the message's type; the payload does not repeat it. */
import { createServer } from "node:http";
import { createAdapter } from "@socket.io/redis-adapter";
import Redis from "ioredis";
import { Server } from "socket.io";
import { bearer, cast, docket, port, redisUrl, sendTallies, welcome } from "./jury.mjs";

const ROOM = "jury";
const http = createServer();
const publisher = new Redis(redisUrl);
const io = new Server(http, {
  adapter: createAdapter(publisher, publisher.duplicate()),
  transports: ["websocket"], perMessageDeflate: false, httpCompression: false, serveClient: false,
  maxHttpBufferSize: 4096,
});

/* The first request of each socket is released, as its documentation advises. */
io.engine.on("connection", (raw) => { raw.request = null; });
io.on("connection", (socket) => {
  socket.on("join", ({ token }) => {
    const juror = bearer(token);
    if (!juror) return socket.disconnect(true);
    socket.data.juror = juror;
    socket.emit("welcome", welcome(juror));
    socket.emit("docket", docket);
    socket.join(ROOM);
  });
  socket.on("cast", (message) => {
    if (socket.data.juror) cast(socket.data.juror.sub, message, (type, fields) => socket.emit(type, fields));
  });
});
sendTallies((tally) => io.to(ROOM).emit("tally", tally));
http.listen({ port, host: "127.0.0.1", backlog: 4096 }, () => console.log("listening"));
