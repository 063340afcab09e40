import * as pulumi from "@pulumi/pulumi";

import { duration } from "../arguments/duration";
import { dnsLabel, dnsSubdomain, matching, truth } from "../arguments/formats";
import { list, object, required, type Rule } from "../arguments/rules";

/** How a workload is reached from outside the cluster: by a Gateway of the platform. */
export interface RouteArgs {
    /** The Gateway (`gateway.networking.k8s.io`) that sends requests here. It must admit routes of the namespace. */
    gateway: pulumi.Input<string>;
    /** The namespace of the Gateway. Defaults to the workload's own. */
    gatewayNamespace?: pulumi.Input<string>;
    /** The listener of the Gateway, by its name. Defaults to all that admit the route. */
    listener?: pulumi.Input<string>;
    /**
     * The host names, such as "models.example.com", to which requests are sent that come here. Several workloads may
     * have the same one with a `path` each. Defaults to those of the listener.
     */
    hostnames?: pulumi.Input<string>[];
    /** The path below which requests come here, such as "/fraud". The longest one that fits wins. Defaults to "/". */
    path?: pulumi.Input<string>;
    /**
     * How long the Gateway waits for the end of an answer. Defaults to the Gateway's own limit, which is 15 seconds of
     * Envoy's; of an LlmServer to "10m", and of a Notebook to "1h".
     */
    timeout?: pulumi.Input<string>;
    /** Whether the listener speaks HTTPS, so that the address begins with `https`. Defaults to true. */
    tls?: pulumi.Input<boolean>;
}

/** The rule of an argument that says the above. */
export const routeRule: Rule = object<RouteArgs>({
    gateway: required(dnsSubdomain, "name the Gateway, or leave the route out"),
    gatewayNamespace: dnsLabel,
    listener: dnsSubdomain,
    hostnames: list(
        required(
            matching(
                /^(?=.{1,253}$)(\*\.)?[a-z0-9]([-a-z0-9]*[a-z0-9])?(\.[a-z0-9]([-a-z0-9]*[a-z0-9])?)*$/,
                'it must be a host name in lower case, such as "models.example.com" or "*.example.com"',
            ),
            "leave the entry out or name a host",
        ),
    ),
    path: matching(
        /^(\/|(\/(?!\.\.?(\/|$))[-\w.~]+)+)$/,
        'it must be "/", or a path of letters, digits, ".", "-", "_" and "~" without a slash at its end',
    ),
    timeout: duration,
    tls: truth,
});

/**
 * The address from outside, where a host name is given that is no pattern: known before the route is there.
 *
 * @param directory - Whether a path has a slash at its end, as `directory` of the route's target says.
 */
export function publicUrlOf(route: RouteArgs | undefined, directory = false): pulumi.Output<string> | undefined {
    const end = directory ? "/" : "";
    const host = route?.hostnames?.find((one) => typeof one !== "string" || !one.startsWith("*"));
    return host === undefined
        ? undefined
        : pulumi
              .all([host, route?.path ?? "/", route?.tls ?? true])
              .apply(([known, path, tls]) => `${tls ? "https" : "http"}://${known}${path === "/" ? "" : path + end}`);
}
