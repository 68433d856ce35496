Feature: The first month is free

  Scenario: What recurs is the full price, and the first year is worth eleven months
    Given the Account "Consolidated Messenger"
    And the open Opportunity "Routes"
    And the plan "Team" at 100 USD a month
    When "Consolidated Messenger" subscribes to 3 x "Team" for the Opportunity "Routes", with 100 % off once
    Then the Opportunity "Routes" is won
    And the Opportunity "Routes" shows:
      | Booked ACV  | 3,300.00 |
      | Current ARR | 3,600.00 |
      | Collected   | 0.00     |
    And there is no revenue entry
    And the renewals are:
      | Billing Reason      | Status    | Amount Due |
      | subscription_create | Collected | 0.00       |
      |                     | Upcoming  | 300.00     |
