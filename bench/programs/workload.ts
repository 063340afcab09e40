/** Copies of one workload, created with its component. */
import * as pulumi from "@pulumi/pulumi";

import { image, namespace } from "./shared";
import { workloads } from "./workloads";

const config = new pulumi.Config();
const name = config.require("workload");
const { create } = workloads[name]!;

for (let index = 0; index < config.requireNumber("copies"); index++) {
    create(`${name}-${index}`, { workspace: { namespace }, image });
}
