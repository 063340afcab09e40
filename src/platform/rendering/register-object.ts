import { CustomResource } from "@pulumi/kubernetes/apiextensions/customResource";
import * as core from "@pulumi/kubernetes/core/v1";
import * as pulumi from "@pulumi/pulumi";

import type { KubernetesObject } from "../catalog/definition";

type Constructor = new (name: string, args: unknown, opts: pulumi.CustomResourceOptions) => pulumi.CustomResource;

/** Registers an object of any kind, under its Pulumi type. */
export function registerObject(
    name: string,
    object: KubernetesObject,
    opts: pulumi.CustomResourceOptions,
): pulumi.CustomResource {
    // The constructors differ in the type of their arguments, which the API server validates.
    const constructors = core as unknown as Partial<Record<string, Constructor>>;
    const Kind = object.apiVersion === "v1" ? constructors[object.kind] : undefined;
    return Kind ? new Kind(name, object, opts) : new CustomResource(name, object, opts);
}

/** Returns the resource name of an object of an add-on: `<add-on>:<kind>:<name>`, the kind in lower case. */
export const objectResourceName = (addon: string, { kind, metadata }: KubernetesObject): string =>
    `${addon}:${kind.toLowerCase()}:${metadata.name}`;
