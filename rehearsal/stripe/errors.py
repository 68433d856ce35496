"""Stripe's errors, as its API says them (API reference, "Errors")."""

from __future__ import annotations

from .jsontypes import Body


class StripeError(Exception):
    """A request that is refused, with Stripe's HTTP status and error body."""

    def __init__(
        self,
        message: str,
        *,
        status: int = 400,
        kind: str = "invalid_request_error",
        code: str | None = None,
        param: str | None = None,
        decline_code: str | None = None,
        charge: str | None = None,
        payment_intent: Body | None = None,
    ) -> None:
        super().__init__(message)
        self.message, self.status, self.type, self.code = message, status, kind, code
        self.param, self.decline_code, self.charge = param, decline_code, charge
        self.payment_intent = payment_intent

    def body(self, request_id: str) -> Body:
        """The answer's JSON body."""
        error: Body = {"message": self.message, "type": self.type}
        for name in ("code", "param", "decline_code", "charge", "payment_intent"):
            value = getattr(self, name)
            if value is not None:
                error[name] = value
        if self.code:
            error["doc_url"] = f"https://stripe.com/docs/error-codes/{self.code.replace('_', '-')}"
        error["request_log_url"] = f"https://dashboard.stripe.com/test/logs/{request_id}"
        return {"error": error}


def missing_object(kind: str, ref: str, param: str = "id", *, status: int = 404) -> StripeError:
    """``resource_missing``: 404 for the object of the path, 400 for one that a parameter names."""
    return StripeError(
        f"No such {kind}: '{ref}'", status=status, code="resource_missing", param=param
    )


def missing_parameter(param: str) -> StripeError:
    return StripeError(f"Missing required param: {param}.", code="parameter_missing", param=param)


def invalid_parameter(param: str, message: str, code: str | None = None) -> StripeError:
    return StripeError(message, code=code, param=param)


def unsupported(feature: str, param: str | None = None) -> StripeError:
    """Something that Stripe does and the stand-in does not: refused by name, never guessed."""
    return StripeError(
        f"unsupported by the stand-in: {feature}", code="standin_unsupported", param=param
    )


def card_declined(
    message: str,
    *,
    code: str,
    decline_code: str | None,
    charge: str | None = None,
    payment_intent: Body | None = None,
) -> StripeError:
    return StripeError(
        message,
        status=402,
        kind="card_error",
        code=code,
        decline_code=decline_code,
        charge=charge,
        payment_intent=payment_intent,
    )
