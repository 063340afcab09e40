import * as local from "../../local/environment";

/** What `npm run local -- up` started, which the test runner does first. */
export function savedEnvironment(): local.Environment {
    const environment = local.savedEnvironment();
    if (environment === undefined) {
        throw new Error("no environment is up; run: npm run local -- up --node");
    }
    return environment;
}
