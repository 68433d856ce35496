// The CometD project's own client, with Salesforce's replay extension: prints each event as a line
// of JSON. Subscribes anew after every handshake, behind the last event it has seen.
import { CometD } from "cometd";
import { adapt } from "cometd-nodejs-client";

const { url, token, channel } = JSON.parse(process.argv[2]);
let replay = -2;

adapt();
const client = new CometD();
client.configure({
    url: `${url}/cometd/66.0`,
    requestHeaders: { Authorization: `Bearer ${token}` },
    appendMessageTypeToURL: false,
});
client.unregisterTransport("websocket");
client.registerExtension("replay", {
    outgoing: (message) => {
        if (message.channel === "/meta/subscribe") {
            message.ext = { ...message.ext, replay: { [channel]: replay } };
        }
        return message;
    },
});
client.addListener("/meta/handshake", (answer) => {
    say({ handshake: answer.successful, supports: answer.ext?.replay === true });
    if (!answer.successful) return;
    client.subscribe(
        channel,
        ({ data }) => {
            replay = data.event.replayId;
            say({ id: data.event.EventUuid, fields: data.payload });
        },
        (subscribed) => say({ subscribed: subscribed.successful, error: subscribed.error }),
    );
});
client.addListener("/meta/unsuccessful", (message) => say({ refused: message.error }));
client.handshake();

function say(what) {
    process.stdout.write(`${JSON.stringify(what)}\n`);
}
