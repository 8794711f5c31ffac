// The page at /docs: shows /openapi.json, and sends calls. Plain DOM, no dependency, nothing from elsewhere.

const api = await (await fetch("/openapi.json")).json();
const token = document.getElementById("token");
document.getElementById("about").textContent = api.info.description;

const main = document.getElementById("calls");
main.replaceChildren(
  ...api.tags.flatMap((tag) => {
    const calls = callsOf(tag.name);
    if (calls.length === 0) return [];
    return [element("h2", tag.name), element("p", tag.description), ...calls.map(callView)];
  }),
);

function callsOf(tag) {
  return Object.entries(api.paths).flatMap(([path, methods]) =>
    Object.entries(methods)
      .filter(([, call]) => call.tags.includes(tag))
      .map(([method, call]) => ({ path, method: method.toUpperCase(), ...call })),
  );
}

function callView(call) {
  const view = element("details");
  const title = element("summary");
  title.append(
    element("span", call.method, "method"),
    element("code", call.path),
    ` ${call.summary}`,
  );
  view.append(title);
  // Most calls are never looked at.
  view.addEventListener("toggle", () => view.append(bodyView(call)), { once: true });
  return view;
}

function bodyView(call) {
  const view = element("div");
  if (call.description) view.append(element("p", call.description));
  const inputs = (call.parameters ?? []).map((parameter) => ({
    parameter,
    input: Object.assign(element("input"), {
      name: parameter.name,
      placeholder: parameter.schema.default ?? "",
    }),
  }));
  if (inputs.length > 0) view.append(parameterTable(inputs));
  const content = call.requestBody?.content;
  const schema = content?.["application/json"]?.schema;
  const body = content && element("textarea");
  if (body) {
    body.value = schema ? JSON.stringify(exampleOf(schema), null, 2) : "";
    view.append(element("p", "Body"), body);
    if (schema) view.append(schemaView("Schema of the body", schema));
  }
  const send = element("button", "Send");
  const output = element("pre");
  send.addEventListener("click", () => sendCall(call, inputs, body?.value, output));
  view.append(send, output, answerTable(call));
  return view;
}

function parameterTable(inputs) {
  const table = element("table");
  for (const { parameter, input } of inputs) {
    const row = element("tr");
    const name = element("td");
    name.append(element("code", parameter.name), parameter.required ? " (required)" : "");
    const field = element("td");
    field.append(input, element("div", parameter.description ?? ""));
    row.append(name, element("td", parameter.in), field);
    table.append(row);
  }
  return table;
}

function answerTable(call) {
  const table = element("table");
  for (const [status, answer] of Object.entries(call.responses)) {
    const row = element("tr");
    const text = element("td", answer.description);
    for (const [type, { schema }] of Object.entries(answer.content ?? {})) {
      text.append(schemaView(type, schema));
    }
    row.append(element("td", status), text);
    table.append(row);
  }
  return table;
}

function schemaView(title, schema) {
  const view = element("details");
  view.append(element("summary", title));
  view.addEventListener(
    "toggle",
    () => view.append(element("pre", JSON.stringify(resolved(schema), null, 2))),
    { once: true },
  );
  return view;
}

async function sendCall(call, inputs, body, output) {
  output.textContent = "…";
  try {
    const request = requestOf(call, inputs, body);
    const response = await fetch(request.url, request);
    output.textContent = `${response.status} ${response.statusText}\n${headLines(response)}\n\n`;
    await showBody(response, output);
  } catch (error) {
    output.textContent = String(error);
  }
}

/** As it comes: events are shown while the call goes on. */
async function showBody({ body }, output) {
  const reader = body?.pipeThrough(new TextDecoderStream()).getReader();
  for (let part = await reader?.read(); part && !part.done; part = await reader.read()) {
    output.append(shown(part.value));
    if (output.textContent.length > 200_000) {
      output.append("\n… and more");
      await reader.cancel();
    }
  }
}

function requestOf(call, inputs, body) {
  const query = new URLSearchParams();
  const headers = {};
  let url = call.path;
  for (const { parameter, input } of inputs) {
    if (parameter.in === "path") {
      url = url.replace(`{${parameter.name}}`, encodeURIComponent(input.value));
    } else if (input.value !== "") {
      if (parameter.in === "query") query.set(parameter.name, input.value);
      else headers[parameter.name] = input.value;
    }
  }
  if (token.value) headers.authorization = `Bearer ${token.value}`;
  if (query.size > 0) url += `?${query}`;
  return { url, method: call.method, headers, ...(body ? { body } : {}) };
}

function headLines({ headers }) {
  return [...headers].map(([name, value]) => `${name}: ${value}`).join("\n");
}

function shown(text) {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}

/** The required fields of a body, to begin with. */
function exampleOf(schema) {
  const { anyOf, properties = {}, required = [], ...rest } = target(schema);
  if (anyOf) return exampleOf(anyOf[0]);
  if (rest.const !== undefined) return rest.const;
  if (rest.enum) return rest.enum[0];
  if (rest.default !== undefined) return rest.default;
  if (rest.type === "object") {
    return Object.fromEntries(required.map((name) => [name, exampleOf(properties[name])]));
  }
  return { string: "", integer: 0, number: 0, boolean: false, array: [] }[rest.type] ?? null;
}

function resolved(schema) {
  const value = target(schema);
  if (Array.isArray(value)) return value.map(resolved);
  if (typeof value !== "object" || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, item]) => [name, resolved(item)]));
}

function target(schema) {
  const name = schema?.$ref?.split("/").at(-1);
  return name ? api.components.schemas[name] : schema;
}

function element(tag, text = "", className = "") {
  const node = document.createElement(tag);
  if (text) node.textContent = text;
  if (className) node.className = className;
  return node;
}
