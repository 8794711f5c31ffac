import type { StableRecord } from "../store/account-store.ts";
import { chinaDay } from "./china-day.ts";

/**
 * The vendor's rules for tokens, as pure functions.
 *
 * Plain (`/cgi-bin/token`): each call gives a new one; the one before goes on for five minutes, so that callers can switch.
 * Stable (`/cgi-bin/stable_token`): the same one comes back until its last five minutes, in which a new one is made and both
 * hold. A forced refresh ends the old one at once; it is made at most once in 30 s and 20 times a day, else the present
 * token comes back. The two kinds do not touch each other.
 */
export const graceMs = 5 * 60_000;

/** How long an ended token is remembered, so that "expired" can be told from "never was". */
export const rememberMs = 24 * 3_600_000;

const forceGapMs = 30_000;
const forcesPerDay = 20;

/** Why a token that we gave out is refused, if it is: what happened first counts. */
export function tokenFault(
  token: { expiresAt: number; supersededFrom: number | null },
  now: number,
): "token_superseded" | "token_expired" | null {
  const { expiresAt, supersededFrom } = token;
  if (supersededFrom !== null && supersededFrom < expiresAt && supersededFrom <= now) {
    return "token_superseded";
  }
  return expiresAt <= now ? "token_expired" : null;
}

/**
 * The next stable token, or null while the present one goes on.
 * @param present null if there is none, or if it is no longer good for anything
 * @param last the app's last record, whose forced refreshes and generation count on
 */
export function nextStable(
  present: StableRecord | null,
  last: StableRecord | undefined,
  options: { appId: string; now: number; lifeMs: number; force: boolean },
): { record: StableRecord; endOthersNow: boolean } | null {
  const { appId, now, lifeMs, force } = options;
  const forced = present !== null && force && mayForce(present, now);
  if (present && !forced && !inRenewal(present, now)) return null;
  const day = chinaDay(now);
  return {
    record: {
      appId,
      generation: (last?.generation ?? 0) + 1,
      issuedAt: now,
      expiresAt: now + lifeMs,
      forcedAt: forced ? now : (last?.forcedAt ?? null),
      forcedDay: day,
      forcedCount: (last?.forcedDay === day ? last.forcedCount : 0) + (forced ? 1 : 0),
    },
    endOthersNow: forced,
  };
}

function mayForce(present: StableRecord, now: number): boolean {
  if (present.forcedAt !== null && now - present.forcedAt < forceGapMs) return false;
  return present.forcedDay !== chinaDay(now) || present.forcedCount < forcesPerDay;
}

/** Tokens that were made to live shortly are renewed in the second half of their life, else each call would make one. */
function inRenewal(present: StableRecord, now: number): boolean {
  const windowMs = Math.min(graceMs, (present.expiresAt - present.issuedAt) / 2);
  return present.expiresAt - now <= windowMs;
}
