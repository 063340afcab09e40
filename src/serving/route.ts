import { CustomResource, type CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { mapInput } from "../arguments/inputs";
import { objectMeta } from "../pod/metadata";
import type { RouteArgs } from "./route-args";

/** Where a route leads to. */
export interface RouteTarget {
    /** What the route is called. Defaults to the name of the workload. */
    name?: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
    /** The Services, and the share of the requests that each of them gets where there are several. */
    backends: {
        service: pulumi.Input<string>;
        port: pulumi.Input<number>;
        weight?: pulumi.Input<number>;
        /** What it is, where it is no Service: an InferencePool. */
        group?: string;
        kind?: string;
    }[];
    /** A Service that gets copies of requests, whose answers nobody sees, and of how many in a hundred. */
    mirror?: { service: pulumi.Input<string>; port: pulumi.Input<number>; percent?: pulumi.Input<number> };
    /** Whether the workload wants to see the path as it was asked for. Defaults to false: `route.path` is taken off. */
    keepPath?: boolean;
    /** The only path of the workload that is reached, such as "/v1". Defaults to all. Not together with `keepPath`. */
    only?: string;
    /**
     * Whether its pages name others from where they are, so that the path is taken for a directory: who asks for it
     * without a slash at its end is led to it with one. Defaults to false.
     */
    directory?: boolean;
}

/** What a Gateway says of a route. There is a status for each Gateway of the route, here one. */
const says = (condition: string): string =>
    `jsonpath={.status.parents[0].conditions[?(@.type=="${condition}")].status}=True`;

/** A Gateway has accepted the route, and knows where it leads to: one that knows no InferencePools accepts it, too. */
const accepted = JSON.stringify([says("Accepted"), says("ResolvedRefs")]);

/**
 * The route from a Gateway to Services.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#httproute
 */
export function buildHttpRoute(name: string, route: RouteArgs, target: RouteTarget): CustomResourceArgs {
    const { namespace, labels, backends, mirror } = target;
    const path = route.path ?? "/";
    const { only = "", keepPath } = target;
    const rule = {
        matches: [{ path: { type: "PathPrefix", value: mapInput(path, (known) => below(known, only)) } }],
        filters: mapInput(path, (known) => filtersOf(keepPath ? "/" : known, only, mirror)),
        backendRefs: backends.map(({ service, ...backend }) => ({ name: service, ...backend })),
        timeouts: route.timeout && { request: mapInput(route.timeout, gatewayDuration) },
    };
    return {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: objectMeta(target.name ?? name, namespace, labels, {
            "pulumi.com/waitFor": accepted,
            // A Gateway answers within seconds; one that is not there never does.
            "pulumi.com/timeoutSeconds": "120",
        }),
        spec: {
            parentRefs: [{ name: route.gateway, namespace: route.gatewayNamespace, sectionName: route.listener }],
            hostnames: route.hostnames,
            rules: target.directory ? mapInput(path, (known) => [rule, ...directoryRules(known)]) : [rule],
        },
    };
}

const below = (path: string, only: string): string => (path === "/" && only ? only : `${path}${only}`);

/** What leads to the path with a slash at its end; the root has one. */
function directoryRules(path: string): Record<string, unknown>[] {
    const redirected = { type: "ReplaceFullPath", replaceFullPath: `${path}/` };
    return path === "/"
        ? []
        : [
              {
                  matches: [{ path: { type: "Exact", value: path } }],
                  filters: [{ type: "RequestRedirect", requestRedirect: { path: redirected, statusCode: 302 } }],
              },
          ];
}

/** What is done to requests: `path` is taken off theirs, and copies are sent elsewhere. */
function filtersOf(path: string, only: string, mirror: RouteTarget["mirror"]): Record<string, unknown>[] | undefined {
    const filters: Record<string, unknown>[] = [];
    if (path !== "/") {
        const rewritten = { type: "ReplacePrefixMatch", replacePrefixMatch: only || "/" };
        filters.push({ type: "URLRewrite", urlRewrite: { path: rewritten } });
    }
    if (mirror !== undefined) {
        const { service, port, percent } = mirror;
        filters.push({ type: "RequestMirror", requestMirror: { backendRef: { name: service, port }, percent } });
    }
    return filters.length > 0 ? filters : undefined;
}

/**
 * A length of time as Gateways take it: no days, and at most five digits of each unit.
 * Source: https://gateway-api.sigs.k8s.io/geps/gep-2257/
 */
function gatewayDuration(length: string): string {
    const total = seconds(length);
    const parts: [number, string][] = [
        [Math.floor(total / 3600), "h"],
        [Math.floor((total % 3600) / 60), "m"],
        [total % 60, "s"],
    ];
    return parts
        .filter(([count]) => count > 0)
        .map(([count, unit]) => `${count}${unit}`)
        .join("");
}

/**
 * The route of a workload, `<name>-route`. It is waited for until the Gateway has accepted it.
 *
 * @param dependsOn - What must answer before requests are sent to it.
 */
export function createRoute(
    name: string,
    route: RouteArgs,
    target: RouteTarget,
    parent: pulumi.Resource,
    dependsOn: pulumi.Input<pulumi.Resource>[],
): CustomResource {
    return new CustomResource(`${name}-route`, buildHttpRoute(name, route, target), { parent, dependsOn });
}
