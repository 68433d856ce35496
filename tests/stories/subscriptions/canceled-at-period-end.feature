Feature: A customer gives notice

  Scenario: Notice is a warning, the end of the period is churn
    Given the Account "Liberty Lines"
    And the open Opportunity "Tracks"
    And the plan "Team" at 100 USD a month
    When "Liberty Lines" subscribes to 2 x "Team" for the Opportunity "Tracks"
    And 10 days pass
    And "Liberty Lines" cancels "Team" at the end of the period because it is too expensive
    Then the subscription to "Team" of "Liberty Lines" shows:
      | Cancelling          | yes               |
      | Cancels On          | 2026-11-01        |
      | Churned             | no                |
      | Cancellation Reason | …too_expensive… |
    And the Account "Liberty Lines" shows:
      | Cancelling Subscriptions | 1        |
      | Customer Health          | At Risk  |
      | Current ARR              | 2,400.00 |
    When 21 days pass
    Then the subscription to "Team" of "Liberty Lines" shows:
      | Status     | canceled   |
      | Ended Date | 2026-11-01 |
      | Churned    | yes        |
      | Cancelling | no         |
    And the Account "Liberty Lines" shows:
      | Live Subscriptions  | 0       |
      | Ended Subscriptions | 1       |
      | Current ARR         | 0.00    |
      | Customer Health     | Churned |
      | Lifetime Value      | 200.00  |
    And the movements are:
      | Kind  | Date       | Amount  | MRR After |
      | New   | 2026-10-01 | 200.00  | 200.00    |
      | Churn | 2026-11-01 | -200.00 | 0.00      |
    And the renewals are:
      | Billing Reason      | Status    |
      | subscription_create | Collected |
      |                     | Void      |
    And the Opportunity "Tracks" is won
    And the Opportunity "Tracks" shows:
      | Booked ACV    | 2,400.00 |
      | Current ARR   | 0.00     |
      | Stripe Status | canceled |
