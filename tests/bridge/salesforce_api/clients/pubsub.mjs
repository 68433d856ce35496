// The community's Pub/Sub API client: prints each event as a line of JSON.
import PubSubApiClient from "salesforce-pubsub-api-client";

const { url, token, channel, org, target } = JSON.parse(process.argv[2]);
const quiet = { debug() {}, info() {}, warn() {}, error: console.error };

const client = new PubSubApiClient(
    {
        authType: "user-supplied",
        accessToken: token,
        instanceUrl: url,
        organizationId: org,
        pubSubEndpoint: target,
        rejectUnauthorizedSsl: false,
    },
    quiet,
);
await client.connect();
await client.subscribeFromEarliestEvent(channel, (_subscription, kind, data) => {
    if (kind === "event") say({ id: data.id, replay: data.replayId, fields: data.payload });
    if (kind === "error" || kind === "end") say({ ended: kind });
});

function say(what) {
    process.stdout.write(`${JSON.stringify(what)}\n`);
}
