/**
 * Whom a request speaks for, whatever it showed: an access token of one of three kinds, or an app's Cloud API key.
 *
 * - `app`: the app itself.
 * - `authorizer`: a platform that acts for an app, within what the app granted.
 * - `component`: the platform itself. It acts for no app.
 */
export type Caller =
  | { readonly kind: "app"; readonly appId: string }
  | {
      readonly kind: "authorizer";
      readonly appId: string;
      readonly platformId: string;
      readonly grant: Grant;
    }
  | { readonly kind: "component"; readonly platformId: string };

/**
 * What an app lets a platform do, as it is now: tokens point to it, so that a change holds for all of them at once, and the
 * check of a token needs no second look-up.
 */
export interface Grant {
  /** Numbers of permission sets. */
  sets: ReadonlySet<number>;
  /** False from the moment on at which it is revoked; it never comes back, another one does. */
  standing: boolean;
}

/** Whose call it is, for the log and for what is counted by account: the app, or the platform for itself. */
export function accountOf(caller: Caller): string {
  return caller.kind === "component" ? caller.platformId : caller.appId;
}
