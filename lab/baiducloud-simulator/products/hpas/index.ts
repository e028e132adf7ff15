import type { Product } from "../../api/operation.ts";
import { changes } from "./changes.ts";
import { images } from "./images.ts";
import { lifecycle } from "./lifecycle.ts";
import { machines } from "./machines.ts";
import { networking } from "./networking.ts";
import { reserved } from "./reserved.ts";

export const HPAS: Product = {
  name: "hpas",
  title: "HPAS: machines for AI work",
  hosts: ["hpas"],
  parts: [machines, lifecycle, changes, networking, reserved, images],
  unknownAction: "InvalidAction",
};
