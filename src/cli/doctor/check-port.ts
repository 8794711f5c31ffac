import { createServer } from "node:net";
import { bad, type Finding, good } from "./finding.ts";

/**
 * Whether a service could listen there.
 * @param serving the address of the service that runs on the data folder already, null for none
 */
export async function checkPort(
  { host, port }: { host: string; port: number },
  serving: string | null,
): Promise<Finding> {
  const where = `${host}:${port}`;
  if (serving?.endsWith(`:${port}`)) return good("port", `${where} is this folder's service's`);
  const failure = await listenFailure(host, port);
  if (failure === null) return good("port", port === 0 ? "any free one" : `${where} is free`);
  switch (failure.code ?? "") {
    case "EADDRINUSE":
      return bad("port", `${where} is in use`, "Stop the other process or give another --port");
    case "EACCES":
      return bad("port", `${where} is not for this user`, "Give a --port of 1024 or more");
    case "EADDRNOTAVAIL":
    case "ENOTFOUND":
      return bad("port", `${host} is no address of this machine`, "Give another --host");
    default:
      return bad("port", `${where}: ${failure.message}`, "Give another --host or --port");
  }
}

function listenFailure(host: string, port: number): Promise<NodeJS.ErrnoException | null> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once("error", (error: NodeJS.ErrnoException) => resolve(error));
    server.listen({ host, port, exclusive: true }, () => server.close(() => resolve(null)));
  });
}
