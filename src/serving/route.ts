import { CustomResource, type CustomResourceArgs } from "@pulumi/kubernetes/apiextensions/customResource";
import * as pulumi from "@pulumi/pulumi";

import { seconds } from "../arguments/duration";
import { mapInput } from "../arguments/inputs";
import { objectMeta } from "../pod/metadata";
import type { RouteArgs } from "./route-args";

/** The workload to which a route sends requests. */
export interface RouteTarget {
    /** The name of the HTTPRoute. */
    name: string;
    namespace: pulumi.Input<string>;
    labels: Record<string, string>;
    /** The Services that receive requests, with their weights if there are several. */
    backends: {
        service: pulumi.Input<string>;
        port: pulumi.Input<number>;
        weight?: pulumi.Input<number>;
        /** Group and kind, if it is not a Service but an InferencePool. */
        group?: string;
        kind?: string;
    }[];
    /** The Service that receives copies of `percent` of the requests. Its responses are discarded. */
    mirror?: { service: pulumi.Input<string>; port: pulumi.Input<number>; percent?: pulumi.Input<number> };
    /** Whether the workload receives the full path. Defaults to false: `route.path` is removed. */
    keepPath?: boolean;
    /** The only path prefix of the workload that is exposed, such as "/v1". Defaults to all. Not with `keepPath`. */
    only?: string;
    /**
     * Whether the workload's pages contain relative links, so that a request for the path without a trailing slash is
     * redirected to the path with one. Defaults to false.
     */
    directory?: boolean;
}

/** Returns the condition to wait for in the status of a route. There is a status for each of its Gateways, here one. */
const conditionIsTrue = (condition: string): string =>
    `jsonpath={.status.parents[0].conditions[?(@.type=="${condition}")].status}=True`;

/** Both conditions are needed: a Gateway that does not support InferencePools accepts a route to one all the same. */
const accepted = JSON.stringify([conditionIsTrue("Accepted"), conditionIsTrue("ResolvedRefs")]);

/**
 * Returns the HTTPRoute from a Gateway to Services.
 * Source: https://gateway-api.sigs.k8s.io/reference/spec/#httproute
 */
export function buildHttpRoute(route: RouteArgs, target: RouteTarget): CustomResourceArgs {
    const { namespace, labels, backends, mirror } = target;
    const path = route.path ?? "/";
    const { only = "", keepPath } = target;
    const rule = {
        matches: [{ path: { type: "PathPrefix", value: mapInput(path, (known) => joinPath(known, only)) } }],
        filters: mapInput(path, (known) => buildFilters(keepPath ? "/" : known, only, mirror)),
        backendRefs: backends.map(({ service, ...backend }) => ({ name: service, ...backend })),
        timeouts: route.timeout && { request: mapInput(route.timeout, formatGatewayDuration) },
    };
    return {
        apiVersion: "gateway.networking.k8s.io/v1",
        kind: "HTTPRoute",
        metadata: objectMeta(target.name, namespace, labels, {
            "pulumi.com/waitFor": accepted,
            // A Gateway accepts a route within seconds; one that does not exist never does.
            "pulumi.com/timeoutSeconds": "120",
        }),
        spec: {
            parentRefs: [{ name: route.gateway, namespace: route.gatewayNamespace, sectionName: route.listener }],
            hostnames: route.hostnames,
            rules: target.directory ? mapInput(path, (known) => [rule, ...buildRedirectRules(known)]) : [rule],
        },
    };
}

const joinPath = (path: string, only: string): string => (path === "/" && only ? only : `${path}${only}`);

/** Returns the rules that redirect to the path with a trailing slash. The root path has one already. */
function buildRedirectRules(path: string): Record<string, unknown>[] {
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

/** Returns the filters that remove `path` from the path of requests and mirror requests. */
function buildFilters(
    path: string,
    only: string,
    mirror: RouteTarget["mirror"],
): Record<string, unknown>[] | undefined {
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
 * Returns a duration in the format of the Gateway API: no days, and at most five digits per unit.
 * Source: https://gateway-api.sigs.k8s.io/geps/gep-2257/
 */
function formatGatewayDuration(length: string): string {
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
 * Creates the HTTPRoute of a workload and waits until the Gateway has accepted it.
 *
 * @param dependsOn - The resources that must be ready before requests are sent to them.
 */
export function createRoute(
    name: string,
    route: RouteArgs,
    target: RouteTarget,
    parent: pulumi.Resource,
    dependsOn: pulumi.Input<pulumi.Resource>[],
): CustomResource {
    return new CustomResource(`${name}-route`, buildHttpRoute(route, target), { parent, dependsOn });
}
