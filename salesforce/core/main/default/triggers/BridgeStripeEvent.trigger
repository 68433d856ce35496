trigger BridgeStripeEvent on Bridge_Stripe_Event__e(after insert) {
    new BridgeStripeEventHandler(Trigger.new).run();
}
