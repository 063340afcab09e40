import * as pulumi from "@pulumi/pulumi";

import { dnsSubdomain, matching } from "../arguments/formats";
import { list, object, required, type Rule } from "../arguments/rules";

/** An existing Secret or ConfigMap, each key of which is an environment variable: exactly one of the two is set. */
export interface EnvFromArgs {
    /** Name of the Secret, in the workload's namespace. */
    secret?: pulumi.Input<string>;
    /** Name of the ConfigMap, in the workload's namespace. */
    configMap?: pulumi.Input<string>;
    /** A string that is put before each key, for example "DB_". Defaults to none. */
    prefix?: pulumi.Input<string>;
}

const secret = required(dnsSubdomain, "set the name of a Secret, or configMap to that of a ConfigMap");
const configMap = required(dnsSubdomain, "set the name of a ConfigMap");

const envFromEntry: Rule = (value, at, problems) => {
    const given = (typeof value === "object" ? value : {}) as EnvFromArgs;
    const isConfigMap = (given.configMap ?? undefined) !== undefined;
    if (isConfigMap && (given.secret ?? undefined) !== undefined) {
        problems.add(at, "sets secret and configMap; keep one of them, and make another entry for the other");
    }
    return object<EnvFromArgs>({
        secret: isConfigMap ? dnsSubdomain : secret,
        configMap: isConfigMap ? configMap : dnsSubdomain,
        prefix: matching(
            /^[A-Za-z_][A-Za-z0-9_]*$/,
            "it must be letters, digits and underscores, and start with a letter or an underscore",
        ),
    })(value, at, problems);
};

/** The rule of `envFrom`. */
export const envFromRule = list(required(envFromEntry, "remove the entry or set secret or configMap"));
