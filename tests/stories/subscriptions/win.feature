Feature: A payment closes the deal

  Scenario: The first payment wins the Opportunity and drafts its Contract
    Given the Account "Northwind" of rep "Rita"
    And the open Opportunity "Platform" worth 9,000 USD
    And the plan "Team" at 49 USD a month
    When "Northwind" subscribes to 25 x "Team" for the Opportunity "Platform", for a term of 24 months, with 10 % off forever
    Then the Opportunity "Platform" is won
    And the Opportunity "Platform" shows:
      | Close Date    | 2026-10-01 |
      | Amount        | 26,460.00  |
      | Booked ACV    | 13,230.00  |
      | Current ARR   | 13,230.00  |
      | Collected     | 1,102.50   |
      | Stripe Status | active     |
    And the Contract is:
      | Account   | Contract Start Date | Contract Term | Plan Name |
      | Northwind | 2026-10-01          | 24            | Team      |
    And the revenue entry is:
      | Kind   | Date       | Amount   | Account   |
      | Charge | 2026-10-01 | 1,102.50 | Northwind |
    And the movement is:
      | Kind | Date       | Amount   | MRR After |
      | New  | 2026-10-01 | 1,102.50 | 1,102.50  |
    And the Account "Northwind" shows:
      | Lifetime Value     | 1,102.50   |
      | ACV                | 13,230.00  |
      | Current ARR        | 13,230.00  |
      | Last Payment Date  | 2026-10-01 |
      | Next Renewal Date  | 2026-11-01 |
      | Live Subscriptions | 1          |
      | Customer Health    | Healthy    |
    And there is no Task
    And there is no exception
    And nobody is notified
