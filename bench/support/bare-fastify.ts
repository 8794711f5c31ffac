// A bare Fastify that answers what it is given: the most that a status query could reach.
import Fastify from "fastify";

const answer = process.argv[2] ?? "{}";
const app = Fastify();
app.post("/*", (_request, reply) =>
  reply.header("content-type", "application/json; charset=utf-8").send(answer),
);
console.log(`docferry listening on ${await app.listen({ port: 0, host: "127.0.0.1" })}`);
