Feature: A yearly plan

  Scenario: A year's payment is twelve months of revenue that recurs
    Given the Account "Southridge Video"
    And the open Opportunity "Reels"
    And the plan "Yearly" at 1,000 USD a year
    When "Southridge Video" subscribes to 1 x "Yearly" for the Opportunity "Reels"
    Then the subscription to "Yearly" of "Southridge Video" shows:
      | MRR              | 83.33    |
      | ARR              | 1,000.00 |
      | ACV              | 1,000.00 |
      | Billing Interval | year     |
    And the renewals are:
      | Status    | Amount Due | Period Start | Period End |
      | Collected | 1,000.00   | 2026-10-01   | 2027-10-01 |
      | Upcoming  | 1,000.00   | 2027-10-01   |            |
    And the Opportunity "Reels" shows:
      | Amount      | 1,000.00 |
      | Current ARR | 1,000.00 |
