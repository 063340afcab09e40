import * as pulumi from "@pulumi/pulumi";

import { isEventual, joinInputs, mapInput, mapInputs } from "../arguments/inputs";
import { keyOf, type PodType, podTypeOf } from "./pod-types";

type Fields = Record<string, unknown>;

/**
 * Merges a patch into the spec of a pod. Objects are merged, and so are entries of lists by what tells them apart:
 * containers, volumes and variables by name, mounts by path, ports by number. Entries of other lists of objects, such as
 * tolerations, are appended; lists of strings are replaced, and `null` removes a field. A node must match both the
 * component's requirements and those of the patch.
 */
export function mergePodSpec<T extends object>(spec: T, patch: unknown): T {
    return merge(spec, patch, podTypeOf("PodSpec")) as T;
}

function merge(base: unknown, patch: unknown, type: PodType): unknown {
    if (patch === undefined || patch === null) {
        return patch === null ? undefined : base;
    }
    if (isEventual(base)) {
        return mapInput(base as pulumi.Output<unknown>, (known) => merge(known, patch, type));
    }
    if (isEventual(patch)) {
        return type.kind === "scalar"
            ? patch
            : mapInput(patch as pulumi.Output<unknown>, (known) => merge(base, known, type));
    }
    switch (type.kind) {
        case "scalar":
            return patch;
        case "list":
            return mergeLists((base ?? []) as Fields[], patch as Fields[], type);
        case "map":
            return mergeFields((base ?? {}) as Fields, patch as Fields, () => podTypeOf(type.of));
        case "object":
            return mergeFields(
                withoutAlternatives((base ?? {}) as Fields, patch as Fields, type.name),
                patch as Fields,
                (key) => podTypeOf(type.fields[key]!),
            );
    }
}

function mergeFields(base: Fields, patch: Fields, typeOf: (key: string) => PodType): Fields {
    const result: Fields = { ...base };
    for (const [key, value] of Object.entries(patch)) {
        if (value === null) {
            delete result[key];
        } else {
            result[key] = merge(base[key], value, typeOf(key));
        }
    }
    return result;
}

function mergeLists(base: Fields[], patch: Fields[], { of, keys }: PodType & { kind: "list" }): unknown {
    const type = podTypeOf(of);
    if (type.kind !== "object") {
        return patch;
    }
    if (of === "NodeSelectorTerm" && base.length > 0) {
        return patch.flatMap((term) =>
            base.map((own) => mapInput<Fields, Fields>(term, (known) => bothTerms(own, known))),
        );
    }
    if (keys.length === 0) {
        return [...base, ...patch.map((entry) => merge(undefined, entry, type))];
    }
    // The path of a mount may be an Output.
    const ofBase = base.map((entry) => Object.fromEntries(keys.map((key) => [key, entry[key]])));
    return mapInputs(ofBase, (known) => {
        const patches = new Map(patch.map((entry) => [keyOf(entry, keys), entry]));
        const names = known.map((entry) => keyOf(entry, keys));
        return [
            ...base.map((entry, index) => merge(entry, patches.get(names[index]!), type)),
            ...patch
                .filter((entry) => !names.includes(keyOf(entry, keys)))
                .map((entry) => merge(undefined, entry, type)),
        ];
    });
}

/** Terms are alternatives, and a node must match all of the expressions of one. */
function bothTerms(one: Fields, other: Fields): Fields {
    const joined = (["matchExpressions", "matchFields"] as const).map((field) => [
        field,
        joinInputs((one[field] ?? []) as unknown[], (other[field] ?? []) as unknown[]),
    ]);
    return Object.fromEntries(joined.filter(([, all]) => !Array.isArray(all) || all.length > 0)) as Fields;
}

/** The fields of which an object has only one, by its type: another one takes the place of the component's. */
const alternatives: Record<string, (field: string) => boolean> = {
    Volume: (field) => field !== "name",
    PodResourceClaim: (field) => field !== "name",
    EnvVar: (field) => field !== "name",
    EnvVarSource: () => true,
    LifecycleHandler: () => true,
    Probe: (field) => ["exec", "grpc", "httpGet", "tcpSocket"].includes(field),
};

function withoutAlternatives(base: Fields, patch: Fields, type: string): Fields {
    const isAlternative = alternatives[type];
    const isChosen = Object.entries(patch).some(
        ([field, value]) => isAlternative?.(field) && value !== undefined && value !== null,
    );
    return isChosen
        ? Object.fromEntries(Object.entries(base).filter(([field]) => !isAlternative!(field) || field in patch))
        : base;
}
