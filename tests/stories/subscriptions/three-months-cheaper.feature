Feature: A discount of three months

  Scenario: It counts in the first year and not in what recurs
    Given the Account "Datum Foods"
    And the open Opportunity "Kitchen"
    And the plan "Team" at 100 USD a month
    When "Datum Foods" subscribes to 1 x "Team" for the Opportunity "Kitchen", with 50 % off for 3 months
    Then the Opportunity "Kitchen" shows:
      | Booked ACV  | 1,050.00 |
      | Current ARR | 1,200.00 |
      | Collected   | 50.00    |
    And the renewals are:
      | Billing Reason      | Status    | Amount Due |
      | subscription_create | Collected | 50.00      |
      |                     | Upcoming  | 50.00      |
