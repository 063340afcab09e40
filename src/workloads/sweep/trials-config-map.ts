import type { types } from "@pulumi/kubernetes";
import type * as pulumi from "@pulumi/pulumi";

import { hashedName } from "../../arguments/hash";
import { objectMeta } from "../../pod/metadata";
import { sweepNames } from "../../pod/names";
import { successorName } from "../../pod/successor";
import type { SweepArgs } from "./args";
import { sweepLabels } from "./trial-pod";
import type { Trial } from "./trials";

type ConfigMap = types.input.core.v1.ConfigMap;

/** Returns the ConfigMap with a file for each trial, named after its index. */
export function buildTrialsConfigMap(
    name: string,
    args: SweepArgs,
    trials: Trial[],
    parent: pulumi.Resource,
): ConfigMap {
    const { namespace } = args.workspace;
    const base = sweepNames.trials(name);
    const data = Object.fromEntries(trials.map((trial, index) => [`${index}.json`, JSON.stringify(trial)]));
    const named = successorName(hashedName(base, data), base, { resource: "api/v1/configmaps", namespace, parent });
    return { metadata: objectMeta(named, namespace, sweepLabels(name)), data, immutable: true };
}
