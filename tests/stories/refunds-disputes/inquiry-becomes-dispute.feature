Feature: The bank asks first, then disputes

  Scenario: Money goes only when the inquiry becomes a dispute
    Given the Account "West Wind Farms"
    And the open Opportunity "Mill"
    And the plan "Team" at 100 USD a month
    When "West Wind Farms" subscribes to 1 x "Team" for the Opportunity "Mill"
    And 10 days pass
    And the bank of "West Wind Farms" inquires about the last payment
    And 5 days pass
    And the inquiry about "West Wind Farms" becomes a dispute
    Then the revenue entries are:
      | Kind    | Date       | Amount  |
      | Charge  | 2026-10-01 | 100.00  |
      | Dispute | 2026-10-16 | -100.00 |
    And the Account "West Wind Farms" shows:
      | Open Disputes   | 1       |
      | Customer Health | At Risk |
