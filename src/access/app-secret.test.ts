import assert from "node:assert/strict";
import { randomBytes } from "node:crypto";
import { test } from "node:test";
import { DocferryError } from "../job/errors.ts";
import { SecretChecks } from "./app-secret.ts";

test("a hash knows its secret alone, and two hashes of one secret differ", async () => {
  const checks = new SecretChecks(randomBytes);
  const [one, other] = [await checks.hash("secret"), await checks.hash("secret")];
  assert.notEqual(one, other);
  assert.match(one, /^scrypt\$4096\$8\$1\$[\w-]{22}\$[\w-]{43}$/);
  for (const hash of [one, other]) {
    assert.equal(await checks.matches("secret", hash), true);
    assert.equal(await checks.matches("Secret", hash), false);
    assert.equal(await checks.matches("", hash), false);
    assert.equal(await checks.matches("secret", hash), true);
  }
});

test("a hash of another cost is still checked", async () => {
  const hash = "scrypt$1024$8$1$c2FsdA$66m7frlMbr2NLEY2RptRxs6hqtr8MhutpHFq3RpOfyk";
  const checks = new SecretChecks(randomBytes);
  assert.equal(await checks.matches("secret", hash), true);
  await assert.rejects(checks.matches("secret", "md5$x"), /Unknown kind of secret hash: md5/);
});

test("a crowd with the right secret waits for one check, a crowd of guesses is put off", async () => {
  const checks = new SecretChecks(randomBytes);
  const hash = await checks.hash("secret");
  const crowd = Array.from({ length: 1000 }, () => checks.matches("secret", hash));
  assert.ok((await Promise.all(crowd)).every(Boolean));
  const guesses = Array.from({ length: 55 }, (_, n) =>
    checks.matches(`guess ${n}`, hash, `place ${n}`),
  );
  // Whoever was right before is not kept waiting by them.
  assert.equal(await checks.matches("secret", hash), true);
  const outcomes = await Promise.allSettled(guesses);
  const refused = outcomes.filter(
    (outcome) =>
      outcome.status === "rejected" &&
      outcome.reason instanceof DocferryError &&
      outcome.reason.code === "busy",
  );
  assert.equal(refused.length, 5);
  assert.ok(outcomes.every((outcome) => outcome.status === "rejected" || !outcome.value));
});
