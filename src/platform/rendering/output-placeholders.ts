import * as pulumi from "@pulumi/pulumi";

import { hashOf } from "../../arguments/hash";
import { isEventual, userError } from "../../arguments/inputs";
import { mapDeep } from "../../arguments/walk";
import type { Values } from "../catalog/definition";

/**
 * Outputs in the values of charts.
 *
 * The provider renders charts, in previews too. It cannot render one with an unknown value, and a secret value would
 * appear in plain text in the objects. So the chart gets a placeholder for each Output, which depends only on the path
 * of the value, and in the rendered objects the placeholder is replaced by the Output: only what is unknown or secret
 * is shown as such.
 */
export interface Placeholders {
    /** The values with a placeholder for every Output. */
    values: Values;
    /** A rendered object with every Output in place of its placeholder. */
    resolve<T>(object: T): T;
}

const prefix = "mlops-output-";

/** Replaces the Outputs in values by placeholders. */
export function replaceOutputs(values: Values): Placeholders {
    const outputs = new Map<string, pulumi.Output<unknown>>();
    const replaced = mapDeep(values, (value, path) => {
        if (!isEventual(value)) {
            return value;
        }
        const placeholder = prefix + hashOf(["", ...path].join("/"), 16);
        outputs.set(placeholder, pulumi.output(value));
        return placeholder;
    });
    return {
        // A map stays a map, and an object keeps its shape, with Outputs as Pulumi takes them in place of strings.
        values: replaced as Values,
        resolve: (object) => (outputs.size === 0 ? object : (resolve(object, outputs) as typeof object)),
    };
}

function resolve(object: unknown, outputs: Map<string, pulumi.Output<unknown>>): unknown {
    return mapDeep(object, (value) => {
        // The data of a Secret, which the provider has made secret as a whole.
        if (pulumi.Output.isInstance(value)) {
            return value.apply((known: unknown) => pulumi.output(resolve(known, outputs)));
        }
        return typeof value === "string" ? (filled(value, outputs) ?? encoded(value, outputs) ?? value) : value;
    });
}

/** Returns a string with Outputs in place of its placeholders, or undefined if it has none. */
function filled(text: string, outputs: Map<string, pulumi.Output<unknown>>): pulumi.Output<string> | undefined {
    const found = [...outputs].filter(([placeholder]) => text.includes(placeholder));
    if (found.length === 0) {
        return undefined;
    }
    return pulumi
        .all(found.map(([, output]) => output))
        .apply((known) =>
            found.reduce(
                (filledIn, [placeholder], index) => filledIn.replaceAll(placeholder, stringOf(known[index])),
                text,
            ),
        );
}

/** Does the same for a string in base64, as in a Secret. */
function encoded(text: string, outputs: Map<string, pulumi.Output<unknown>>): pulumi.Output<string> | undefined {
    if (text.length < prefix.length || !/^[A-Za-z0-9+/]+=*$/.test(text)) {
        return undefined;
    }
    const plain = filled(Buffer.from(text, "base64").toString("utf8"), outputs);
    return plain?.apply((known) => Buffer.from(known, "utf8").toString("base64"));
}

function stringOf(value: unknown): string {
    if (typeof value !== "string") {
        throw userError("an Output in the values of a chart must be a string; use plain values for everything else");
    }
    return value;
}
