/** A timeline as one HTML page, without scripts and without anything from elsewhere. */
export function timelinePage(title: string, timeline: readonly string[], problems: readonly string[]): string {
  let faults = 0;
  const rows = timeline.map((line) => {
    const cut = line.indexOf(" ");
    const text = line.slice(cut + 1);
    const kind = kindOf(text);
    const anchor = kind === "fault" ? ` id="fault-${++faults}"` : "";
    return `<tr class="${kind}"${anchor}><td>${escaped(line.slice(0, cut))}</td><td>${folded(text)}</td></tr>`;
  });
  const links = Array.from(
    { length: faults },
    (_, i) => `<a href="#fault-${i + 1}">${i === 0 ? "the fault" : "the next"}</a>`,
  );
  const found = problems.map((problem) => `<li><pre>${escaped(problem)}</pre></li>`);
  return `<!doctype html>
<html lang="en">
<meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<title>${escaped(title)}</title>
<style>
:root { color-scheme: light dark; font: 14px/1.4 system-ui, sans-serif; }
body { margin: 1.5rem; }
table { border-collapse: collapse; width: 100%; }
td { border-top: 1px solid #8884; padding: .15rem .5rem; vertical-align: top; overflow-wrap: anywhere; }
td:first-child { font-variant-numeric: tabular-nums; text-align: right; white-space: nowrap; width: 6rem; }
pre { white-space: pre-wrap; overflow-wrap: anywhere; }
.fault td { background: #d3302f33; font-weight: 600; }
.write td { background: #1976d21a; }
.refused td { background: #ed6c0226; }
.said td { opacity: .75; font-style: italic; }
.quiet td { opacity: .55; }
</style>
<h1>${escaped(title)}</h1>
${found.length > 0 ? `<h2>What was wrong</h2>\n<ul>${found.join("\n")}</ul>` : "<p>Nothing was wrong.</p>"}
<h2>What happened</h2>
<p>Times are milliseconds on the clock of the world. Red: ${links.join(", ") || "the fault"}. Blue: writes. Orange: refusals. In italics: what a manager said.</p>
<table>
<tr><th scope="col">ms</th><th scope="col">what</th></tr>
${rows.join("\n")}
</table>
</html>
`;
}

/** A body of a request is long: it is shown when asked for. */
const LONGEST = 200;

function folded(text: string): string {
  if (text.length <= LONGEST) return escaped(text);
  return `<details><summary>${escaped(text.slice(0, LONGEST))}…</summary>${escaped(text)}</details>`;
}

function kindOf(text: string): string {
  if (text.startsWith("fault ")) return "fault";
  if (text.includes(" · ")) return "said";
  if (text.includes("/leases")) return "quiet";
  if (/ = [45]\d\d$/.test(text) || / = \D+$/.test(text)) return "refused";
  return / → (?:kube|cloud) (?:POST|PUT|PATCH|DELETE) /.test(text) ? "write" : "read";
}

function escaped(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;").replaceAll('"', "&quot;");
}
