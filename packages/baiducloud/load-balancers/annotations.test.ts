import assert from "node:assert/strict";
import { readFileSync } from "node:fs";
import { describe, it } from "node:test";
import fc from "fast-check";
import { annotationPage, annotationSchema } from "./annotation-docs.ts";
import { ANNOTATIONS, type SettingName } from "./annotation-table.ts";
import { ANNOTATION, readAnnotations } from "./annotations.ts";
import { BAD_VALUES, GOOD_VALUES } from "./testing/annotation-values.ts";

const NAMES = Object.keys(ANNOTATIONS) as readonly SettingName[];
const DEFAULTS = readAnnotations({}).settings;

describe("annotations of a Service", () => {
  for (const name of NAMES) {
    const { key } = ANNOTATIONS[name];
    it(`row 15: ${key} is read: ${GOOD_VALUES[name]}`, () => {
      const { settings, problems } = readAnnotations({ [key]: ` ${GOOD_VALUES[name]} ` });
      assert.deepEqual(problems, []);
      assert.notDeepEqual(settings[name], DEFAULTS[name], "it makes a difference");
      assert.deepEqual({ ...settings, [name]: DEFAULTS[name] }, DEFAULTS, "nothing else changes");
    });
    for (const [kind, value] of Object.entries(BAD_VALUES(name))) {
      it(`row 34: ${key} that is ${kind} is one problem with key, value and what is allowed, and its default is used`, () => {
        const { settings, problems } = readAnnotations({ [key]: value });
        assert.equal(problems.length, 1);
        const [problem] = problems;
        assert.equal(problem?.reason, "InvalidAnnotation");
        assert.ok(problem?.message.includes(`annotation ${key}: "`));
        assert.match(problem?.message ?? "", /is not allowed: expected .+; the default is used until it is corrected$/);
        assert.ok((problem?.message.length ?? 0) < 700, "it fits an Event");
        assert.deepEqual(settings, DEFAULTS);
      });
    }
  }

  it("row 15: have the documented defaults", () => {
    const { maxBackends, healthTimeout, healthInterval, healthyThreshold, unhealthyThreshold, healthString, internal } =
      DEFAULTS;
    assert.deepEqual(
      [maxBackends, healthTimeout, healthInterval, healthyThreshold, unhealthyThreshold],
      [50, 3, 3, 3, 3],
    );
    assert.equal(healthString, "HealthCheck");
    assert.equal(internal, false);
  });

  it("row 15: limit the bandwidth by how it is billed", () => {
    const billed = (method: string, bandwidth: string) =>
      readAnnotations({ [ANNOTATION.eipBilling]: method, [ANNOTATION.eipBandwidth]: bandwidth });
    assert.equal(billed("ByTraffic", "1000").settings.eipBandwidth, 1000);
    assert.equal(billed("ByBandwidth", "500").settings.eipBandwidth, 500);
    const { settings, problems } = billed("ByBandwidth", "501");
    assert.equal(settings.eipBandwidth, 0);
    assert.match(problems[0]?.message ?? "", /"501" is not allowed: expected at most 500 when billed by bandwidth/);
  });

  it("row 35: that nobody knows are told, with the nearest that somebody does", () => {
    const unknown: readonly (readonly [string, string])[] = [
      ["service.beta.kubernetes.io/cce-load-balancer-sheduler", ANNOTATION.scheduler],
      ["service.beta.kubernetes.io/cce-loadbalancer-internal-vpc", ANNOTATION.internal],
      ["cloud-provider-baiducloud/keep-eips", ANNOTATION.keepEip],
    ];
    for (const [key, nearest] of unknown) {
      const { settings, problems } = readAnnotations({ [key]: "true" });
      assert.deepEqual(
        problems.map(({ reason, message }) => `${reason}: ${message}`),
        [`UnknownAnnotation: annotation ${key} is not known and does nothing: did you mean ${nearest}?`],
      );
      assert.deepEqual(settings, DEFAULTS);
    }
    const others = { "service.beta.kubernetes.io/aws-load-balancer-type": "nlb", "example.com/cce-load": "1" };
    assert.deepEqual(readAnnotations(others).problems, [], "other people's keys are none of our business");
  });

  it("row 34: never make reading fail, whatever they hold", () => {
    const keys = fc.constantFrom(...Object.values(ANNOTATION), "cloud-provider-baiducloud/x");
    fc.assert(
      fc.property(fc.dictionary(keys, fc.string({ unit: "grapheme" })), (annotations) => {
        const { settings } = readAnnotations(annotations);
        assert.ok(settings.maxBackends >= 1 && settings.maxBackends <= 50);
      }),
    );
  });
});

describe("the reference of annotations", () => {
  const docs = new URL("../../../docs/", import.meta.url);
  const read = (file: string) => readFileSync(new URL(file, docs), "utf8");
  /** How wide the columns of a table are is the formatter's business. */
  const plain = (page: string) => page.replace(/ *\| */g, "|").replace(/-{3,}/g, "---");
  for (const [file, language] of [
    ["annotations.md", "en"],
    ["annotations.zh.md", "zh"],
  ] as const) {
    it(`docs/${file} is what the table says: else run scripts/annotation-docs.ts`, () => {
      assert.equal(plain(read(file)), plain(annotationPage(language)));
    });
  }
  it("docs/annotations.schema.json is what the table says: else run scripts/annotation-docs.ts", () => {
    assert.deepEqual(JSON.parse(read("annotations.schema.json")), JSON.parse(annotationSchema()));
  });

  it("has every key, in both languages, and a schema that takes what is good and refuses what is bad", () => {
    const schema = JSON.parse(annotationSchema()) as {
      readonly properties: Readonly<Record<string, { readonly enum?: readonly string[]; readonly pattern?: string }>>;
    };
    for (const name of NAMES) {
      const { key } = ANNOTATIONS[name];
      const short = key.replace("service.beta.kubernetes.io/", "");
      for (const language of ["en", "zh"] as const) assert.ok(annotationPage(language).includes(`\`${short}\``), key);
      const property = schema.properties[key];
      const takes = (value: string) =>
        property?.enum ? property.enum.includes(value) : new RegExp(property?.pattern ?? "$^", "u").test(value);
      assert.ok(takes(GOOD_VALUES[name]), `${key}: ${GOOD_VALUES[name]}`);
      assert.ok(!takes(""), `${key}: empty`);
    }
  });
});
