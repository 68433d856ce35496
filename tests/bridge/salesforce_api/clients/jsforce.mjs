// jsforce, whose streaming is Faye's client with Salesforce's extensions: prints each event as a line
// of JSON.
import jsforce from "jsforce";
import streaming from "jsforce/lib/api/streaming/extension.js";

const { url, token, channel } = JSON.parse(process.argv[2]);

const connection = new jsforce.Connection({
    instanceUrl: url,
    accessToken: token,
    version: "66.0",
});
const client = connection.streaming.createClient([
    new streaming.Replay(channel, -2),
    new streaming.AuthFailure(() => process.exit(1)),
]);
client.subscribe(channel, ({ event, payload }) => {
    process.stdout.write(`${JSON.stringify({ id: event.EventUuid, fields: payload })}\n`);
});
