/** The rule of `podSpec`: Kubernetes drops a field that it does not know, and no one hears of it. */
import * as pulumi from "@pulumi/pulumi";

import { failArgument, isEventual, outputOf } from "../arguments/inputs";
import { nearest } from "../arguments/nearest";
import { hidden, type Problems, type Rule, shown } from "../arguments/rules";
import { podKubernetes, podTypes } from "./pod-fields";
import { keyOf, type PodType, podTypeOf } from "./pod-types";

/** Where a value is, and what is known of it. */
interface Place {
    path: string;
    problems: Problems;
    /** Whether it comes from a secret, and must not be shown. */
    secret?: boolean;
    /** The objects and lists that it is in. */
    within: object[];
}

type Fields = Record<string, unknown>;
type OfKind<Kind> = PodType & { kind: Kind };

/** A patch of a PodSpec: any of its fields, at any depth, each a value, an Output, or `null` to remove it. */
export const podSpecRule: Rule = (value, path, problems) => {
    if (value === undefined || value === null) {
        return undefined;
    }
    if (!isObject(value)) {
        problems.add(path, "must be an object (its fields may be Outputs)");
        return undefined;
    }
    return check(value, podTypeOf("PodSpec"), { path, problems, within: [] });
};

/** Returns the value with Outputs that fail if they are invalid. */
function check(value: unknown, type: PodType, place: Place): unknown {
    if (value === undefined || value === null) {
        return value;
    }
    if (isEventual(value)) {
        return checkOutput(outputOf(value), type, place);
    }
    if (place.within.includes(value)) {
        return refuse(place, "contains itself; remove the cycle");
    }
    const inner = typeof value === "object" ? { ...place, within: [...place.within, value] } : place;
    switch (type.kind) {
        case "scalar":
            return isScalar(value, type.name) ? value : refuseValue(value, place, scalars[type.name]!);
        case "list":
            return Array.isArray(value) ? checkList(value, type, inner) : refuseValue(value, place, "a list");
        case "map":
            return isObject(value)
                ? mapFields(value, (field, key) => check(field, podTypeOf(type.of), below(inner, key)))
                : refuseValue(value, place, "a plain object");
        case "object":
            return isObject(value) ? checkObject(value, type, inner) : refuseValue(value, place, "a plain object");
    }
}

function checkOutput(output: pulumi.Output<unknown>, type: PodType, place: Place): pulumi.Output<unknown> {
    return output.apply((known) =>
        pulumi.output(pulumi.isSecret(output)).apply((secret): unknown => {
            const lines: string[] = [];
            const add = (path: string, problem: string) => void lines.push(place.problems.line(path, problem));
            const checked = check(known, type, { ...place, secret, problems: { ...place.problems, add } });
            return lines.length > 0 ? failArgument(lines.join("\n")) : checked;
        }),
    );
}

function checkObject(value: Fields, { name, fields }: OfKind<"object">, place: Place): Fields {
    return mapFields(value, (field, key) => {
        if (Object.hasOwn(fields, key)) {
            return check(field, podTypeOf(fields[key]!), below(place, key));
        }
        return field === undefined
            ? undefined
            : refuse(below(place, key), unknownField(key, name, Object.keys(fields)));
    });
}

function checkList(list: unknown[], { of, keys }: OfKind<"list">, place: Place): unknown[] {
    const seen = new Map<string, number>();
    // Not `map`, which leaves out the holes of a list.
    return Array.from(list, (entry, index) => {
        const at = { ...place, path: `${place.path}[${index}]` };
        if (entry === undefined || entry === null) {
            return refuse(at, "is missing; remove the entry or set it to a value");
        }
        if (keys.length > 0 && isEventual(entry)) {
            return refuse(
                at,
                `is an Output; it must be a plain value, because entries are merged by ${keys.join(" and ")}`,
            );
        }
        const checked = check(entry, podTypeOf(of), at);
        if (keys.length > 0 && isObject(entry) && hasKeys(entry, of, keys, at)) {
            const key = keyOf(entry, keys);
            if (seen.has(key)) {
                refuse(at, `has the same ${keys[0]} as ${place.path}[${seen.get(key)}]; merge them into one entry`);
            }
            seen.set(key, index);
        }
        return checked;
    });
}

/** Returns whether an entry has the fields by which it is merged, and reports those that it lacks. */
function hasKeys(entry: Fields, type: string, keys: string[], place: Place): boolean {
    const problems = keys.map((key) => {
        if (key === "protocol") {
            return undefined;
        }
        if (isEventual(entry[key])) {
            return (
                refuse(below(place, key), "is an Output; it must be a plain value, because entries are merged by it") ??
                key
            );
        }
        const hint = type === "Container" ? '"main" patches the container of the workload' : "entries are merged by it";
        return entry[key] === undefined || entry[key] === null
            ? (refuse(below(place, key), `is missing; set it: ${hint}`) ?? key)
            : undefined;
    });
    return problems.every((problem) => problem === undefined);
}

/** Returns what is wrong with a field that does not exist, and what is probably meant. */
function unknownField(key: string, type: string, names: string[]): string {
    const problem = `does not exist in Kubernetes ${podKubernetes}`;
    if (type === "PodSpec" && elsewhere.has(key)) {
        return `${problem}; ${elsewhere.get(key)}`;
    }
    if (type === "PodSpec" && Object.hasOwn(podTypes.Container!, key)) {
        return `${problem}; it is a field of containers: set it in containers: [{ name: "main", ${key}: … }]`;
    }
    const near = nearest(key, names);
    return near === undefined ? `${problem}; allowed here: ${names.join(", ")}` : `${problem}; did you mean ${near}?`;
}

const ofMetadata = "the labels and annotations of pods are podLabels and podAnnotations";
const isSpec = "podSpec is the spec itself: move the fields of this one up";
const elsewhere = new Map([
    ["metadata", ofMetadata],
    ["labels", ofMetadata],
    ["annotations", ofMetadata],
    ["spec", isSpec],
    ["template", isSpec],
]);

const scalars: Record<string, string> = {
    string: "a string",
    number: "a number",
    boolean: "true or false",
    "string or number": "a string or a number",
};

const isScalar = (value: unknown, name: string): boolean =>
    name.split(" or ").includes(typeof value) && (typeof value !== "number" || Number.isFinite(value));

/** Whether a value is an object without a class, such as one of a literal. */
function isObject(value: unknown): value is Fields {
    if (value === null || typeof value !== "object" || Array.isArray(value) || isEventual(value)) {
        return false;
    }
    const prototype: unknown = Object.getPrototypeOf(value);
    return prototype === null || Object.getPrototypeOf(prototype) === null;
}

const mapFields = (value: Fields, convert: (field: unknown, key: string) => unknown): Fields =>
    Object.fromEntries(Object.entries(value).map(([key, field]) => [key, convert(field, key)]));

const below = (place: Place, key: string): Place => ({ ...place, path: `${place.path}.${key}` });

function refuse({ path, problems }: Place, problem: string): undefined {
    problems.add(path, problem);
}

const refuseValue = (value: unknown, place: Place, allowed: string): undefined =>
    refuse(place, `is ${place.secret ? hidden : shown(value)}; it must be ${allowed}`);
