import type { types } from "@pulumi/kubernetes";

import { hashedName } from "../../arguments/hash";
import { objectMeta } from "../../pod/metadata";
import { sweepNames } from "../../pod/names";
import type { SweepArgs } from "./args";
import { sweepLabels } from "./trial-pod";
import type { Trial } from "./trials";

type ConfigMap = types.input.core.v1.ConfigMap;

/** The trials, a file each, which is called after the trial's index. */
export function buildTrialsConfigMap(name: string, args: SweepArgs, trials: Trial[]): ConfigMap {
    const data = Object.fromEntries(trials.map((trial, index) => [`${index}.json`, JSON.stringify(trial)]));
    const named = hashedName(sweepNames.trials(name), data);
    return { metadata: objectMeta(named, args.workspace.namespace, sweepLabels(name)), data, immutable: true };
}
