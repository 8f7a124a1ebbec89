// Requests as plain values, so that a test can change one byte of one of them.
import assert from "node:assert/strict";

/** A request is { target, headers, body } and always a POST. */
export function post(gateway, request) {
  return gateway.request("POST", request.target, request);
}

/** The same request with one header's value replaced. */
export function withHeader(request, name, value) {
  return { ...request, headers: { ...request.headers, [name]: value } };
}

/** The same request with a header under another name. */
export function renamedHeader(request, name, other) {
  const { [name]: value, ...rest } = request.headers;
  return { ...request, headers: { ...rest, [other]: value } };
}

/** Each of [what, request] is refused as the sender's fault, and nothing is written. */
export async function refused(gateway, mutants) {
  const before = await gateway.written();
  for (const [what, request] of mutants) {
    const { status, text } = await post(gateway, request);
    assert.ok(status >= 400 && status < 500,
      `${what} changed, answered ${status}: ${text}\n${JSON.stringify(request)}`);
  }
  assert.deepEqual(await gateway.written(), before, "a refused request left something behind");
}
