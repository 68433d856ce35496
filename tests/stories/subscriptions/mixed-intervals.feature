Feature: A plan by the year with an add-on by the month

  Scenario: Each interval has its own next renewal
    Given the Account "Tailspin Toys"
    And the open Opportunity "Planes"
    And the plan "Licence" at 1,200 USD a year
    And the plan "Support" at 50 USD a month
    When "Tailspin Toys" subscribes to 1 x "Licence" and 1 x "Support" for the Opportunity "Planes"
    Then the subscription to "Licence" of "Tailspin Toys" shows:
      | MRR | 150.00   |
      | ARR | 1,800.00 |
    And the renewals are:
      | Status    | Billing Interval | Amount Due |
      | Collected | year             | 1,250.00   |
      | Upcoming  | year             | 1,200.00   |
      | Upcoming  | month            | 50.00      |
    When 31 days pass
    Then the renewals are:
      | Status    | Amount Due | Paid Date  |
      | Collected | 1,250.00   | 2026-10-01 |
      | Collected | 50.00      | 2026-11-01 |
      | Upcoming  | 1,200.00   |            |
      | Upcoming  | 50.00      |            |
    And the Account "Tailspin Toys" shows:
      | Next Renewal Date | 2026-12-01 |
      | Lifetime Value    | 1,300.00   |
