import { createHash } from "node:crypto";
import { permissionSetMeaning, permissionSetName } from "../../access/permission-sets.ts";
import { type Markup, markup } from "./markup.ts";
import type { Locale } from "../wechat/job-view.ts";
import { consentTexts, type ConsentTexts } from "./texts.ts";

/** What the consent page asks, and what was typed so far. */
export interface ConsentQuestion {
  platformId: string;
  /** Numbers of the permission sets that are asked for. */
  sets: readonly number[];
  chosen: readonly number[];
  /** Where the answer leads to. */
  redirectHost: string;
  appId: string;
  /** The platform asks for this very app. */
  appIsGiven: boolean;
  /** Proves that the form is ours. */
  formToken: string;
  /** What was wrong with the last try. */
  fault: string | null;
}

const style = `
:root { color-scheme: light dark; --line: #8884; --accent: #0a7d4b; }
* { box-sizing: border-box; }
body { margin: 0; font: 16px/1.5 system-ui, sans-serif; background: Canvas; color: CanvasText; }
main { max-width: 34rem; margin: 3rem auto; padding: 0 1.25rem; }
h1 { font-size: 1.5rem; line-height: 1.25; margin: 0 0 1rem; }
code { font: 0.95em ui-monospace, monospace; overflow-wrap: anywhere; }
fieldset { border: 1px solid var(--line); border-radius: 8px; margin: 1.25rem 0; padding: 0.5rem 1rem 1rem; }
legend { padding: 0 0.4rem; font-weight: 600; }
.set { display: flex; gap: 0.75rem; margin-top: 0.75rem; }
.set input { flex: none; margin-top: 0.35rem; width: 1.1rem; height: 1.1rem; accent-color: var(--accent); }
.set small { display: block; opacity: 0.8; }
.field { display: block; margin-top: 0.75rem; }
.field input { display: block; width: 100%; margin-top: 0.25rem; padding: 0.55rem 0.7rem; font: inherit; border: 1px solid #888; border-radius: 6px; background: Field; color: FieldText; }
.field input[readonly] { opacity: 0.75; }
button { width: 100%; padding: 0.7rem; font: inherit; font-weight: 600; color: #fff; background: var(--accent); border: 0; border-radius: 6px; cursor: pointer; }
:focus-visible { outline: 3px solid var(--accent); outline-offset: 2px; }
.fault { border-left: 4px solid #c0392b; padding: 0.5rem 0.9rem; background: #c0392b1f; }
.note { font-size: 0.9rem; opacity: 0.85; }
`;

/** What a page may do: show itself, and send its form here or on to `redirectOrigin`. */
export function contentSecurityPolicy(redirectOrigin: string | null): string {
  const hash = createHash("sha256").update(style).digest("base64");
  // Browsers hold the address that an answer to a form leads on to against form-action, too.
  const form = redirectOrigin === null ? "'none'" : `'self' ${redirectOrigin}`;
  return `default-src 'none'; style-src 'sha256-${hash}'; form-action ${form}; frame-ancestors 'none'; base-uri 'none'`;
}

/** Asks an app's owner whether a platform may act for it. Works without scripts: it has none. */
export function consentPage(question: ConsentQuestion, locale: Locale): string {
  const { platformId, sets, redirectHost, appId, appIsGiven, formToken, fault } = question;
  const text = consentTexts[locale];
  return page(
    text,
    text.title(platformId),
    markup`
    <p>${text.asks(markup`<code>${platformId}</code>`)}
    ${text.untilEnded}</p>
    ${fault === null ? "" : markup`<p class="fault" role="alert">${fault}</p>`}
    <form method="post" autocomplete="off">
      <input type="hidden" name="form_token" value="${formToken}">
      <fieldset>
        <legend>${text.mayUse}</legend>
        ${sets.map((set) => setChoice(set, question.chosen.includes(set), locale))}
      </fieldset>
      <fieldset>
        <legend>${text.show}</legend>
        <label class="field">${text.appId}
          <input name="appid" required maxlength="128" spellcheck="false" autocapitalize="off" value="${appId}"${appIsGiven ? " readonly" : ""}>
        </label>
        <label class="field">${text.secret}
          <input name="secret" type="password" required maxlength="256" autocomplete="off">
        </label>
        <p class="note">${text.secretNote}</p>
      </fieldset>
      <button type="submit">${text.authorise}</button>
    </form>
    <p class="note">${text.ledOn(markup`<strong>${redirectHost}</strong>`)} ${text.refuse}</p>`,
  );
}

/** Why there is nothing to ask. What and hint are in English, as errors are everywhere. */
export function faultPage(
  fault: { what: string | null; hint: string; rid: string },
  locale: Locale,
): string {
  const text = consentTexts[locale];
  return page(
    text,
    text.cannotGoOn,
    markup`
    <p class="fault" role="alert">${fault.what ?? text.failed}.</p>
    <p>${fault.hint}.</p>
    <p class="note">${text.request} <code>${fault.rid}</code></p>`,
  );
}

function setChoice(set: number, isChosen: boolean, locale: Locale): Markup {
  return markup`
        <label class="set">
          <input type="checkbox" name="set" value="${String(set)}"${isChosen ? " checked" : ""}>
          <span>${permissionSetName(set, locale)} <code>(${String(set)})</code><small>${permissionSetMeaning(set, locale)}</small></span>
        </label>`;
}

function page({ language }: ConsentTexts, title: string, content: Markup): string {
  // The policy names this very style by its hash.
  return `<!doctype html>
<html lang="${language}">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta name="robots" content="noindex">
<title>${markup`${title}`.text}</title>
<style>${style}</style>
</head>
<body>
<main>
    <h1>${markup`${title}`.text}</h1>${content.text}
</main>
</body>
</html>
`;
}
