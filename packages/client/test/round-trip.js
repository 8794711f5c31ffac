// What the client does, in any JavaScript that has fetch: nothing of a platform is used here.

/**
 * A file goes up, in, out and down again, with what must not be lost on the way.
 * @param {typeof import("../src/index.ts")} client the built package
 * @param {import("../src/index.ts").DocferryOptions} options
 * @param {{ name: string, streams: boolean }} run a name of its own; whether requests can be streams here
 */
export async function roundTrip({ Docferry, DocferryApiError }, options, { name, streams }) {
  const docferry = new Docferry(options);
  const text = '{"_id":1,"n":9007199254740993}\n{"_id":2,"name":"张三"}\n{"_id":3\n';
  const content = streams ? new Blob([text]).stream() : new Blob([text]);
  await docferry.files.put(`${name}.json`, content);
  const order = { type: "import", file: `${name}.json`, collection: name, format: "json" };
  const job = await docferry.jobs.submit(order);
  const events = [];
  for await (const { event } of job.events()) events.push(event);
  const { result } = await job.wait();
  const rejects = [];
  for await (const { line, code } of job.rejects()) rejects.push({ line, code });
  const exported = await docferry.jobs.submit({
    type: "export",
    file: `${name}-out.json`,
    collection: name,
    format: "json",
  });
  await exported.wait();
  const out = await new Response(await docferry.files.get(`${name}-out.json`)).text();
  const { md5, size } = await docferry.files.head(`${name}-out.json`);
  const missing = await docferry.files.get("nowhere").catch((error) => error);
  return {
    inserted: result?.inserted,
    rejects,
    lastEvent: events.at(-1),
    out,
    size,
    md5Length: md5.length,
    missing: missing instanceof DocferryApiError ? missing.code : String(missing),
  };
}
