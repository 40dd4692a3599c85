// Test Anything Protocol: one line a check.
let count = 0;
let failures = 0;

export function report(passed, name, detail) {
  count++;
  if (!passed) failures++;
  console.log(`${passed ? 'ok' : 'not ok'} ${count} - ${name.replace(/[#\n]/g, ' ')}`);
  if (!passed && detail) for (const line of String(detail).split('\n')) console.log(`# ${line}`);
}

// Runs one check; whatever it throws is its failure.
export async function check(name, body) {
  try {
    await body();
    report(true, name);
  } catch (error) {
    report(false, name, error.stack ?? error);
  }
}

export function assert(condition, message) {
  if (!condition) throw new Error(message);
}

export function equal(got, wanted, what) {
  const a = JSON.stringify(got);
  const b = JSON.stringify(wanted);
  if (a !== b) throw new Error(`${what}: got ${a}, wanted ${b}`);
}

export function finish() {
  console.log(`1..${count}`);
  process.exitCode = failures || !count ? 1 : 0;
}
