#!/usr/bin/env node
/** Asks a real API server all scenarios and writes its answers to ../scenarios/recorded.jsonl. */
import { writeFileSync } from "node:fs";
import { startControlPlane } from "@ccm/control-plane/node";
import { writeRecording } from "../scenarios/recording.ts";
import { answersOfReal, REAL_OPTIONS } from "./real-answers.ts";

const plane = await startControlPlane(REAL_OPTIONS);
try {
  const answers = await answersOfReal(plane);
  writeFileSync(new URL("../scenarios/recorded.jsonl", import.meta.url), writeRecording(answers));
  process.stdout.write(`recorded ${answers.size} scenarios of kube-apiserver ${plane.version}\n`);
} finally {
  await plane.stop();
}
