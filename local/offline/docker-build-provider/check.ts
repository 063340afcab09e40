import { existsSync } from "node:fs";
import * as path from "node:path";

import { type Image, IMAGE_TYPE, parse, SUPPORTED, withSecrets } from "./image";
import { hasUnknowns, isObject, plain, type Properties, type Value, withSecretsOf } from "./values";

export interface CheckFailure {
    property: string;
    reason: string;
}

export interface CheckResult {
    inputs: Properties;
    failures: CheckFailure[];
}

/** Adds the defaults to the inputs, and returns what is wrong with them. Values that are not known yet are not checked. */
export function check(type: string, news: Properties): CheckResult {
    if (type !== IMAGE_TYPE) {
        return { inputs: news, failures: [] };
    }
    const inputs = plain(news) as Properties;
    const failures: CheckFailure[] = Object.keys(inputs)
        .filter((name) => !(SUPPORTED as string[]).includes(name) && !isDefault(inputs[name]))
        .map((property) => ({
            property,
            reason:
                "is not supported by this stand-in for the docker-build provider; " +
                "install the official plugin with `pulumi plugin install resource docker-build`",
        }));
    inputs.network ??= "default";
    if (isObject(inputs.context) && !hasUnknowns(inputs.context)) {
        const { context, dockerfile } = parse<Partial<Image>>(inputs);
        const location = dockerfile?.location ?? path.join(context!.location, "Dockerfile");
        inputs.dockerfile ??= { location };
        failures.push(...missing(context!.location, hasUnknowns(inputs.dockerfile) ? undefined : location));
    }
    return { inputs: withSecrets(withSecretsOf(inputs, news)), failures };
}

/** Arguments that the SDK sets to what they are without it. */
const isDefault = (value: Value | undefined): boolean => value === undefined || value === null || value === false;

function missing(context: string, dockerfile: string | undefined): CheckFailure[] {
    if (!existsSync(context)) {
        return [{ property: "context.location", reason: `${JSON.stringify(context)}: not a valid directory` }];
    }
    return dockerfile === undefined || existsSync(dockerfile)
        ? []
        : [{ property: "dockerfile.location", reason: `open ${dockerfile}: no such file or directory` }];
}
