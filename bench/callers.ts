// What a status query costs by who asks: an app itself, or a platform that acts for it. Both ask one service in turns of some
// hundred queries after one warm-up, in an order that turns round, and what counts is the CPU time of the service: the machine's
// other work is then the same for both.
//
//   node bench/callers.ts [turns]
import { mkdtemp, readFile, rm, writeFile } from "node:fs/promises";
import { Agent, request } from "node:http";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { cpuNanosecondsOf } from "./support/cpu.ts";
import { ServiceProcess } from "./support/service-process.ts";

interface Kind {
  name: string;
  url: string;
  body: string;
  pid: number;
  /** CPU us a query, by turn. */
  costs: number[];
}

const turns = Number(process.argv[2] ?? 120);
const queriesOfTurn = 500;
const warmUpTurns = 30;
const connections = 16;

const folder = await mkdtemp(join(tmpdir(), "docferry-bench-"));
try {
  await writeFile(join(folder, "small.json"), '{"a":1}\n');
  await using service = await ServiceProcess.start(join(folder, "data"), { core: 0 });
  const kinds = [
    await kindOf("an app's token", service, await service.token()),
    await kindOf("an authorizer's token", service, await authorizerToken(service)),
  ];
  const agent = new Agent({ keepAlive: true, maxSockets: connections });
  for (let turn = 0; turn < warmUpTurns + turns; turn++) {
    if (turn === warmUpTurns) for (const kind of kinds) kind.costs = [];
    for (const kind of turn % 2 === 0 ? kinds : kinds.toReversed()) await ask(kind, agent);
  }
  agent.destroy();
  console.log(`of ${turns} turns           | CPU us a query, median | to an app's, median of turns
------------------------|------------------------|-----------------------------`);
  const [base] = kinds;
  for (const { name, costs } of kinds) {
    const ratios = costs.map((cost, turn) => cost / (base?.costs[turn] ?? 0));
    console.log(
      `${name.padEnd(23)} | ${median(costs).toFixed(1).padStart(22)} | ${median(ratios).toFixed(3).padStart(27)}`,
    );
  }
  console.log("an authorizer's token costs at most 1.05 times an app's (goal)");
} finally {
  await rm(folder, { recursive: true });
}

async function kindOf(name: string, service: ServiceProcess, token: string): Promise<Kind> {
  await service.upload("small.json", join(folder, "small.json"));
  const job = await service.submitImport("small.json", "c");
  await service.succeeded(job);
  return {
    name,
    url: `${service.address}/tcb/databasemigratequeryinfo?access_token=${token}`,
    body: JSON.stringify({ env: service.environment, job_id: job }),
    pid: service.pid,
    costs: [],
  };
}

/** One turn. */
async function ask({ url, body, pid, costs }: Kind, agent: Agent): Promise<void> {
  const before = cpuNanosecondsOf(pid);
  let left = queriesOfTurn;
  await Promise.all(
    Array.from({ length: connections }, async () => {
      while (left-- > 0) await query(url, body, agent);
    }),
  );
  costs.push(Number(cpuNanosecondsOf(pid) - before) / 1000 / queriesOfTurn);
}

function query(url: string, body: string, agent: Agent): Promise<void> {
  return new Promise((resolve, reject) => {
    const call = request(url, { method: "POST", agent }, (response) => {
      let answer = "";
      response.setEncoding("utf8").on("data", (text: string) => (answer += text));
      response.on("end", () => {
        if (answer.startsWith('{"errcode":0,')) resolve();
        else reject(new Error(answer));
      });
    });
    call.on("error", reject);
    call.end(body);
  });
}

/** A token of a platform that acts for the app, by the operator's word. */
async function authorizerToken({ address }: ServiceProcess): Promise<string> {
  const key = (await readFile(join(folder, "data", "operator.key"), "utf8")).trim();
  const post = async (path: string, content: object, headers = {}) =>
    (await (
      await fetch(`${address}${path}`, { method: "POST", headers, body: JSON.stringify(content) })
    ).json()) as Record<string, string>;
  const operator = { authorization: `Bearer ${key}` };
  const [id, secret, ticket] = ["wxbenchplatform", "p".repeat(32), "ticket@@@bench"];
  await post("/v1/admin/platforms", { id, secret }, operator);
  await post(`/v1/admin/platforms/${id}/tickets`, { ticket }, operator);
  const app = "wx00000000bench001";
  const granted = await post(
    `/v1/admin/platforms/${id}/authorizations`,
    { app, sets: [18, 49] },
    operator,
  );
  const { component_access_token: token } = await post("/cgi-bin/component/api_component_token", {
    component_appid: id,
    component_appsecret: secret,
    component_verify_ticket: ticket,
  });
  const issued = await post(
    `/cgi-bin/component/api_authorizer_token?component_access_token=${token}`,
    {
      component_appid: id,
      authorizer_appid: app,
      authorizer_refresh_token: granted["refreshToken"],
    },
  );
  return issued["authorizer_access_token"] ?? "";
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[values.length >> 1] ?? 0;
}
