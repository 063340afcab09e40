import * as pulumi from "@pulumi/pulumi";

import { boolean, buildNetwork, dnsSubdomain, nonEmptyString } from "./formats";
import { type Fields, map, object, type Problems } from "./rules";

const namespace = "kubernetes-mlops";

/** The rule of `mirror`, the argument and the key. */
export const mirrorRule = object({
    charts: nonEmptyString,
    images: nonEmptyString,
    registries: map(() => undefined, nonEmptyString),
    plainHttp: boolean,
});

/**
 * The package's own configuration: what a machine or a company needs in every program, and no program should say. Each
 * is the default of an argument:
 *
 * - `kubernetes-mlops:pythonBaseImage`: `python.baseImage` of an Image whose `python` sets neither baseImage nor version
 * - `kubernetes-mlops:buildNetwork`: `network` of an Image
 * - `kubernetes-mlops:storageClass`: `storageClass` of the claims that workloads create
 * - `kubernetes-mlops:mirror`: `mirror` of a Platform and an Addon
 */
const rules = {
    buildNetwork,
    mirror: mirrorRule,
    pythonBaseImage: nonEmptyString,
    storageClass: dnsSubdomain,
} satisfies Fields;

export type ConfigKey = keyof typeof rules;

/** Returns the value of a key, or undefined where it is not set or is wrong, which `checkConfig` reports. */
export function configured<T = string>(key: ConfigKey): T | undefined {
    let isWrong = false;
    const value = checkedValue(key, { add: () => (isWrong = true), line: (path, problem) => `${path} ${problem}` });
    return isWrong ? undefined : (value as T | undefined);
}

/** Reports what is wrong with the configuration. A misspelt key would otherwise be ignored in silence. */
export function checkConfig(problems: Problems): void {
    const prefix = `${namespace}:`;
    const keys = Object.keys(pulumi.runtime.allConfig()).filter((key) => key.startsWith(prefix));
    for (const key of keys.map((one) => one.slice(prefix.length)).sort()) {
        if (key in rules) {
            checkedValue(key as ConfigKey, problems);
        } else {
            const known = Object.keys(rules).map((one) => prefix + one);
            problems.add(
                pathOf(key),
                `does not exist; allowed are ${known.join(", ")}; remove it with \`pulumi config rm ${prefix}${key}\``,
            );
        }
    }
}

const pathOf = (key: string): string => `configuration ${namespace}:${key}`;

function checkedValue(key: ConfigKey, problems: Problems): unknown {
    const value = new pulumi.Config(namespace).get(key);
    return rules[key](key === "mirror" ? parsed(value) : value, pathOf(key), problems);
}

/** The value as JSON, or as it is where it is not JSON: the rule then says what it must be. */
function parsed(value: string | undefined): unknown {
    try {
        return value === undefined ? undefined : JSON.parse(value);
    } catch {
        return value;
    }
}
