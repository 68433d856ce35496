Feature: A payment is refunded in part and disputed for the rest

  Scenario: Both take what they took, and no more
    Given the Account "Xenon Lights"
    And the open Opportunity "Lamps"
    And the plan "Team" at 100 USD a month
    When "Xenon Lights" subscribes to 1 x "Team" for the Opportunity "Lamps"
    And 10 days pass
    And 30 USD of the last payment of "Xenon Lights" are refunded
    And 5 days pass
    And the bank disputes 70 USD of the last payment of "Xenon Lights"
    Then the revenue entries are:
      | Kind    | Date       | Amount |
      | Charge  | 2026-10-01 | 100.00 |
      | Refund  | 2026-10-11 | -30.00 |
      | Dispute | 2026-10-16 | -70.00 |
    And the Account "Xenon Lights" shows:
      | Lifetime Value | 0.00   |
      | Refunded       | -30.00 |
      | Disputed       | -70.00 |
