import assert from "node:assert/strict";
import { test } from "node:test";
import { DocferryError, type ErrorCode, errorKinds } from "../job/errors.ts";
import { problem, wireError } from "./errors.ts";

const rid = "68aeab00-21ea7900-3a442400";

test("every kind of the catalogue has a text on the wire that is its own", () => {
  for (const [code, { errcode }] of Object.entries(errorKinds)) {
    const { errmsg } = wireError(new DocferryError(code as ErrorCode, "Something"), rid);
    if (errcode === -1 || errcode === -1000) assert.match(errmsg, /^system error/);
    else assert.doesNotMatch(errmsg, /^system error/, code);
    assert.ok(errmsg.endsWith(` rid: ${rid}`));
  }
});

function at(code: ErrorCode, message: string): string {
  return wireError(new DocferryError(code, message), "r").errmsg;
}

test("a message follows the vendor's words in the middle of a sentence", () => {
  assert.equal(
    at("job_not_found", "No job 5 in this environment"),
    "invalid args: no job 5 in this environment rid: r",
  );
  assert.equal(at("invalid_argument", "job_id is wrong"), "invalid args: job_id is wrong rid: r");
  assert.equal(at("invalid_argument", "AKID1 is"), "invalid args: AKID1 is rid: r");
  assert.equal(at("token_expired", "The access token has expired"), "access_token expired rid: r");
});

test("a fault of ours tells nothing but its rid", () => {
  const error = new Error("SELECT secret FROM /data/jobs.sqlite");
  assert.deepEqual(wireError(error, rid), { errcode: -1000, errmsg: `system error rid: ${rid}` });
  assert.doesNotMatch(JSON.stringify(problem(error, rid)), /SELECT|sqlite/);
  assert.equal(problem(error, rid).status, 500);
});

test("what passes is -1 and says what to do", () => {
  const draining = new DocferryError("draining", "Stopping since 12:00");
  assert.deepEqual(wireError(draining, rid), {
    errcode: -1,
    errmsg: `system error: the service is stopping: try again once it is back rid: ${rid}`,
  });
  assert.equal(problem(draining, rid).retryable, true);
});
