// The walkthrough's first section once more, by people whose browsers run no script.
process.env.E2E_SECTIONS = 'a-before-the-loan';
process.env.E2E_SCRIPT = 'no';
await import('./walkthrough.mjs');
