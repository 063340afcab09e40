/**
 * The objects of another stack, without the components that created them: their properties are written out, and they
 * refer to each other as they did there, like a program that is written by hand.
 */
import { readFileSync } from "node:fs";

import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as apps from "@pulumi/kubernetes/apps/v1";
import * as autoscaling from "@pulumi/kubernetes/autoscaling/v2";
import * as batch from "@pulumi/kubernetes/batch/v1";
import * as core from "@pulumi/kubernetes/core/v1";
import * as policy from "@pulumi/kubernetes/policy/v1";
import * as rbac from "@pulumi/kubernetes/rbac/v1";
import * as pulumi from "@pulumi/pulumi";

import { namespace } from "./shared";

/** An object in the state of a stack. */
interface Registered {
    urn: string;
    type: string;
    inputs: Record<string, unknown>;
    dependencies?: string[];
    propertyDependencies?: Record<string, string[]>;
    retainOnDelete?: boolean;
    additionalSecretOutputs?: string[];
}

type ObjectClass = new (name: string, args: never, opts: pulumi.CustomResourceOptions) => pulumi.CustomResource;

/** The classes of Kubernetes' built-in kinds; others are CustomResources. */
const typed: Record<string, object> = {
    "apps/v1": apps,
    "autoscaling/v2": autoscaling,
    "batch/v1": batch,
    "core/v1": core,
    "policy/v1": policy,
    "rbac.authorization.k8s.io/v1": rbac,
};

function classOf(type: string): ObjectClass {
    const [, version, kind] = type.split(":");
    const ofVersion = (typed[version!] ?? {}) as Record<string, ObjectClass>;
    return ofVersion[kind!] ?? CustomResource;
}

/** A secret value in an exported state is an object with its JSON. */
const withSecrets = (_key: string, value: unknown): unknown => {
    const { plaintext } = (value ?? {}) as { plaintext?: string };
    return plaintext === undefined ? value : pulumi.secret(JSON.parse(plaintext) as unknown);
};

const file = new pulumi.Config().require("objects");
const objects = JSON.parse(readFileSync(file, "utf8"), withSecrets) as Registered[];
const made = new Map<string, pulumi.CustomResource>();

/**
 * The value, with references to the resources that it names; the name that is not one of the objects is the
 * namespace's.
 */
const madeOf = (value: unknown, urns: string[] = []): unknown =>
    urns.length === 0 ? value : pulumi.all(urns.map((urn) => made.get(urn)?.urn ?? namespace)).apply(() => value);

for (const { urn, type, inputs, dependencies = [], propertyDependencies = {}, ...options } of objects) {
    const { metadata, ...rest } = inputs as { metadata: { name: string } };
    const args = Object.fromEntries(
        Object.entries(rest).map(([field, value]) => [field, madeOf(value, propertyDependencies[field])]),
    );
    const name = madeOf(metadata.name, propertyDependencies.metadata);
    const referred = new Set(Object.values(propertyDependencies).flat());
    const object = new (classOf(type))(
        urn.slice(urn.lastIndexOf("::") + 2),
        { ...args, metadata: { ...metadata, name, namespace } } as never,
        {
            retainOnDelete: options.retainOnDelete,
            additionalSecretOutputs: options.additionalSecretOutputs,
            dependsOn: dependencies.flatMap((other) => (referred.has(other) ? [] : (made.get(other) ?? []))),
        },
    );
    made.set(urn, object);
}
