import assert from "node:assert/strict";
import { describe, it } from "node:test";
import fc from "fast-check";
import { parse, stringify } from "yaml";
import { mergeContext, type NewContext } from "./merge.ts";

const NEW: NewContext = {
  name: "cce-1",
  cluster: { server: "https://10.0.0.1:6443", caData: "Q0E=" },
  user: { "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ" },
};
const HOW = { source: "config", select: true };

const EXISTING = `# mine
apiVersion: v1
kind: Config
preferences: {}
clusters:
# at home
- name: home   # sweet
  cluster:
    server: https://home:6443
    insecure-skip-tls-verify: true
contexts:
- context: {cluster: home, user: me, namespace: 007}
  name: home
current-context: home # for now
users:
- name: me
  user:
    token: 12345678901234567890
`;

interface Entry {
  readonly name: string;
  readonly [field: string]: unknown;
}
interface Kubeconfig {
  readonly clusters: readonly Entry[];
  readonly contexts: readonly Entry[];
  readonly users: readonly Entry[];
  readonly [field: string]: unknown;
}

describe("merging a context into a kubeconfig", () => {
  it("makes a file of its own when there is none", () => {
    const { text, replaced } = mergeContext(undefined, NEW, HOW);
    assert.equal(replaced, false);
    assert.equal(mergeContext("", NEW, HOW).text, text);
    assert.deepEqual(parse(text), {
      apiVersion: "v1",
      kind: "Config",
      clusters: [{ name: "cce-1", cluster: { server: "https://10.0.0.1:6443", "certificate-authority-data": "Q0E=" } }],
      contexts: [{ name: "cce-1", context: { cluster: "cce-1", user: "cce-1" } }],
      users: [{ name: "cce-1", user: { "client-certificate-data": "Q0VSVA==", "client-key-data": "S0VZ" } }],
      "current-context": "cce-1",
    });
  });

  it("keeps every line of a file that is there, with comments, and numbers as they were written", () => {
    const { text, former } = mergeContext(EXISTING, NEW, HOW);
    assert.equal(former, "home");
    for (const line of EXISTING.split("\n").filter((one) => !one.startsWith("current-context"))) {
      assert.ok(
        text
          .split("\n")
          .some((one) => one.trim().replace("{ ", "{").replace(" }", "}") === line.trim().replace(/ +#/, " #")),
        line,
      );
    }
    assert.match(text, /current-context: cce-1 # for now/);
    assert.match(mergeContext(EXISTING, NEW, { ...HOW, select: false }).text, /current-context: home # for now/);
  });

  it("renews its own context, with the namespace and the proxy that somebody has set since", () => {
    const first = mergeContext(EXISTING, NEW, HOW).text;
    const edited = first
      .replace("      user: cce-1", "      user: cce-1\n      namespace: shop")
      .replace(
        "      server: https://10.0.0.1:6443",
        "      server: https://10.0.0.1:6443\n      proxy-url: http://proxy",
      );
    const again = mergeContext(
      edited,
      { ...NEW, user: { token: "t" }, cluster: { server: "https://b", caData: "" } },
      HOW,
    );
    const { clusters, contexts, users } = parse(again.text) as Kubeconfig;
    assert.equal(again.replaced, true);
    assert.deepEqual(clusters[1], { name: "cce-1", cluster: { server: "https://b", "proxy-url": "http://proxy" } });
    assert.deepEqual(contexts[1], { name: "cce-1", context: { cluster: "cce-1", user: "cce-1", namespace: "shop" } });
    assert.deepEqual(users[1], { name: "cce-1", user: { token: "t" } });
  });

  it("takes other names for its cluster and user where other contexts, or nobody, use those", () => {
    const taken = EXISTING.replaceAll(/\b(home|me)\b(?=[,}]|$| {3}#)/gm, "cce-1").replace(
      "name: cce-1\ncurrent",
      "name: home\ncurrent",
    );
    const { text } = mergeContext(taken, NEW, HOW);
    const { contexts, clusters, users } = parse(text) as Kubeconfig;
    assert.deepEqual(
      contexts.map(({ context }) => context),
      [
        { cluster: "cce-1", user: "cce-1", namespace: 7 },
        { cluster: "cce-1-1", user: "cce-1-1" },
      ],
    );
    assert.deepEqual([clusters.length, users.length], [2, 2]);
    assert.equal(mergeContext(text, NEW, HOW).text, text);
  });

  it("keeps JSON as JSON", () => {
    const json = JSON.stringify({ apiVersion: "v1", kind: "Config", clusters: null, users: [], contexts: [] });
    const { text } = mergeContext(json, { ...NEW, user: { exec: { args: ["true", "1"] } } }, HOW);
    assert.deepEqual(JSON.parse(text), parse(text));
    assert.deepEqual(JSON.parse(text).users, [{ name: "cce-1", user: { exec: { args: ["true", "1"] } } }]);
  });

  it("quotes what YAML would take for something else than a text", () => {
    for (const name of ["yes", "007", "1e3", "null", "~", "a: b", "#", "-", "cce:1", "a b", "", "é", "'"]) {
      const { text } = mergeContext(undefined, { ...NEW, name, namespace: name }, HOW);
      const { contexts } = parse(text, { version: "1.1" }) as Kubeconfig;
      assert.deepEqual(contexts[0], { name, context: { cluster: name, user: name, namespace: name } });
    }
  });

  it("refuses what is no kubeconfig in one line without its content", () => {
    for (const [text, message] of [
      ["HUSH", "config: expected a kubeconfig (kind: Config)"],
      ["a: 1\nb: [HUSH", /^config: not YAML \(line 2\): expected a kubeconfig$/],
      ["a: 1\na: HUSH", /^config: not YAML \(line 2\)/],
      ["clusters: HUSH", "config: clusters: expected a list"],
      ["a: 1\n---\nHUSH: 1", /^config: not YAML/],
    ] as const) {
      assert.throws(() => mergeContext(text, NEW, HOW), { name: "KubeconfigFault", message });
    }
  });

  const name = fc.oneof(fc.constantFrom("cce-1", "cce-1-1", "home", "yes", "7", "a b"), fc.string({ maxLength: 8 }));
  const value = fc.jsonValue({ maxDepth: 2 }).filter((one) => !JSON.stringify(one).includes("__proto__"));
  const entries = (field: string, inner: fc.Arbitrary<unknown>) =>
    fc.uniqueArray(fc.record({ name, [field]: inner }), { selector: (entry) => String(entry.name), maxLength: 5 });
  const config = fc.record(
    {
      apiVersion: fc.constant("v1"),
      clusters: entries("cluster", fc.record({ server: fc.webUrl(), extensions: value })),
      contexts: entries("context", fc.record({ cluster: name, user: name }, { requiredKeys: ["cluster", "user"] })),
      users: entries("user", fc.record({ token: fc.string(), extra: value })),
      "current-context": name,
      extensions: value,
    },
    { requiredKeys: [] },
  );

  it("changes nothing but its own context and what only that uses, whatever the file holds; twice is once", () => {
    fc.assert(
      fc.property(config, fc.boolean(), (before, asJson) => {
        const given = asJson ? JSON.stringify(before) : stringify(before, { aliasDuplicateObjects: false });
        const { text } = mergeContext(given, NEW, HOW);
        assert.equal(mergeContext(text, NEW, HOW).text, text);
        const was = parse(given) as Partial<Kubeconfig>;
        const is = parse(text) as Kubeconfig;
        const mine = is.contexts.find((entry) => entry.name === NEW.name)?.context as { cluster: string; user: string };
        const others = (was.contexts ?? []).filter((entry) => entry.name !== NEW.name);
        const old = was.contexts?.find((entry) => entry.name === NEW.name)?.context as typeof mine | undefined;
        for (const [list, own, field] of [
          ["clusters", mine.cluster, "cluster"],
          ["users", mine.user, "user"],
        ] as const) {
          const kept = (was[list] ?? []).filter((entry) => entry.name !== own || old?.[field] !== own);
          assert.deepEqual(
            is[list].filter((entry) => kept.some((one) => one.name === entry.name)),
            kept,
          );
          assert.ok(is[list].length <= kept.length + 1);
          assert.ok(others.every((entry) => (entry.context as typeof mine)[field] !== own));
        }
        assert.deepEqual(
          is.contexts.filter((entry) => entry.name !== NEW.name),
          others,
        );
        const rest = ({
          clusters,
          contexts,
          users,
          "current-context": _,
          apiVersion,
          kind,
          ...more
        }: Partial<Kubeconfig>) => more;
        assert.deepEqual(rest(is), rest(was));
        assert.ok(is.clusters.some((entry) => entry.name === mine.cluster));
      }),
      { numRuns: 300 },
    );
  });

  it("reads any text, or refuses it in one line", () => {
    const line = fc.oneof(
      fc.string(),
      fc.constantFrom("clusters:", "- name: cce-1", "  cluster: &a {}", "*a", "users: []"),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 8 }), (lines) => {
        try {
          const { text } = mergeContext(lines.join("\n"), NEW, HOW);
          assert.equal(mergeContext(text, NEW, HOW).text, text);
        } catch (error) {
          assert.equal((error as Error).name, "KubeconfigFault");
          assert.match((error as Error).message, /^config: [^\n]+$/);
        }
      }),
      { numRuns: 500 },
    );
  });
});
